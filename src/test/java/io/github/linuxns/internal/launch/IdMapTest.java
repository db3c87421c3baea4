package io.github.linuxns.internal.launch;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.linuxns.process.IdMapping;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IdMapTest {
  private static final IdMap ROOTLESS = map("0:1000:1", "1:100000:65536");

  @Test
  void theTextIsTheKernels() {
    assertThat(ROOTLESS.text()).isEqualTo("0 1000 1\n1 100000 65536\n");
    assertThat(ROOTLESS.bytes()).isEqualTo(ROOTLESS.text().getBytes(US_ASCII));
  }

  @Test
  void theOrderStays() {
    assertThat(map("5:0:1", "0:7:1", "3:4:1").text()).isEqualTo("5 0 1\n0 7 1\n3 4 1\n");
  }

  @Test
  void idsAreTranslatedBothWays() {
    assertThat(ROOTLESS.insideOf(1000)).hasValue(0);
    assertThat(ROOTLESS.insideOf(100_000)).hasValue(1);
    assertThat(ROOTLESS.insideOf(165_535)).hasValue(65_536);
    assertThat(ROOTLESS.insideOf(165_536)).isEmpty();
    assertThat(ROOTLESS.insideOf(999)).isEmpty();
    assertThat(ROOTLESS.insideOf(0)).isEmpty();
    assertThat(ROOTLESS.insideOf(-1)).isEmpty();
    assertThat(ROOTLESS.outsideOf(0)).hasValue(1000);
    assertThat(ROOTLESS.outsideOf(65_536)).hasValue(165_535);
    assertThat(ROOTLESS.outsideOf(65_537)).isEmpty();
    assertThat(ROOTLESS.mapsInside(1)).isTrue();
    assertThat(ROOTLESS.mapsInside(65_537)).isFalse();
    assertThat(ROOTLESS.mapsOutside(1000)).isTrue();
    assertThat(ROOTLESS.mapsOutside(1)).isFalse();
  }

  @Test
  void everyIdMayBeMapped() {
    IdMap all = map("0:0:4294967295");
    assertThat(all.insideOf(4_294_967_294L)).hasValue(4_294_967_294L);
    assertThat(all.insideOf(4_294_967_295L)).isEmpty();
  }

  @Test
  void neighboursDoNotOverlap() {
    assertThat(map("1:1:9", "0:0:1", "10:10:1").mappings()).hasSize(3);
  }

  @Test
  void overlapIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> map("0:1000:1", "50:9000:1", "0:100000:65536"))
        .withMessage("the id mappings 0:1000:1 and 0:100000:65536 overlap inside");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> map("100:65535:1", "0:0:65536"))
        .withMessageContaining("overlap inside");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> map("70000:65535:1", "0:0:65536"))
        .withMessage("the id mappings 0:0:65536 and 70000:65535:1 overlap outside");
    assertThatIllegalArgumentException().isThrownBy(() -> map("0:0:1", "0:0:1"));
  }

  @Test
  void anEmptyMapIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(IdMap::of)
        .withMessage("an id map without any mapping");
  }

  @Test
  void theKernelTakes340Mappings() {
    assertThat(singles(340, 0).mappings()).hasSize(340);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> singles(341, 0))
        .withMessage("341 id mappings: the kernel takes at most 340");
  }

  @Test
  void theKernelReadsLessThanAPage() {
    List<IdMapping> mappings = new ArrayList<>(singles(255, 100_000).mappings());
    mappings.add(new IdMapping(1, 10_000_000, 10));
    assertThat(new IdMap(mappings).text()).hasSize(4094);
    mappings.removeLast();
    mappings.add(new IdMapping(1, 10_000_000, 100));
    assertThat(new IdMap(mappings).text()).hasSize(4095);
    mappings.removeLast();
    mappings.add(new IdMapping(1, 10_000_000, 1000));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new IdMap(mappings))
        .withMessage("an id map of 4096 bytes: the kernel reads at most 4095");
  }

  private static IdMap singles(int count, int first) {
    return new IdMap(
        IntStream.range(first, first + count).mapToObj(id -> new IdMapping(id, id, 1)).toList());
  }

  private static IdMap map(String... mappings) {
    return new IdMap(List.of(mappings).stream().map(IdMapping::parse).toList());
  }
}
