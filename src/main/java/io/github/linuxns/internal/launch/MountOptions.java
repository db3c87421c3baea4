package io.github.linuxns.internal.launch;

import io.github.linuxns.internal.mounts.MountAccess;
import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.Propagation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Which files a child sees. */
public final class MountOptions {
  private final List<MountSetup.At> mounts = new ArrayList<>();
  private @Nullable MountDescription root;
  private @Nullable Propagation propagation;

  public void root(Path directory) {
    root = MountSetup.directoryRoot(directory);
  }

  public void root(Mount mount) {
    root = MountAccess.description(mount);
  }

  public void mount(String target, Mount what) {
    mounts.add(new MountSetup.At(target, MountAccess.description(what)));
  }

  void mount(MountSetup.At place) {
    mounts.add(place);
  }

  public void propagation(Propagation wanted) {
    propagation = wanted;
  }

  MountSetup setup(boolean newNamespace, boolean userNamespace) {
    return new MountSetup(root, mounts, propagation, newNamespace, userNamespace);
  }

  /** True if none of it was asked for. */
  boolean isEmpty() {
    return mounts.isEmpty() && root == null && propagation == null;
  }

  /** Says it in words. */
  void describe(StringJoiner words) {
    String mounted = new MountSetup(root, mounts, null, true, true).toString();
    if (!mounted.isEmpty()) {
      words.add(mounted);
    }
    if (propagation != null) {
      words.add("propagation " + propagation);
    }
  }
}
