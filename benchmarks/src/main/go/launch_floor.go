// What it costs in Go to start /bin/true in namespaces and to wait for its end: takes orders as launch_floor.c does,
// and answers in the same way. The way is "go", and means os/exec with what its SysProcAttr knows; it joins nothing,
// and has a time namespace made by unshare, which the execve enters.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	newTime = 0x80
	five    = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC |
		syscall.CLONE_NEWPID
	seven = five | syscall.CLONE_NEWNET | 0x02000000 // CLONE_NEWCGROUP
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "launch_floor.go:", err)
		os.Exit(1)
	}
}

func launch(place string) {
	command := exec.Command("/bin/true")
	attributes := &syscall.SysProcAttr{}
	switch place {
	case "five":
		attributes.Cloneflags = five
	case "eight":
		attributes.Cloneflags = seven
		attributes.Unshareflags = newTime
	}
	if attributes.Cloneflags != 0 {
		root := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}
		attributes.UidMappings = root
		attributes.GidMappings = root
	}
	command.SysProcAttr = attributes
	_, err := command.StdinPipe()
	check(err)
	_, err = command.StdoutPipe()
	check(err)
	_, err = command.StderrPipe()
	check(err)
	check(command.Start())
	check(command.Wait())
}

func obey(place string, threads int, milliseconds int) string {
	times := make([][]int64, threads)
	start := time.Now()
	end := start.Add(time.Duration(milliseconds) * time.Millisecond)
	var all sync.WaitGroup
	for i := range times {
		all.Add(1)
		go func(mine *[]int64) {
			defer all.Done()
			for before := time.Now(); before.Before(end); before = time.Now() {
				launch(place)
				*mine = append(*mine, time.Since(before).Nanoseconds())
			}
		}(&times[i])
	}
	all.Wait()
	var answer strings.Builder
	fmt.Fprintf(&answer, "%d 0", time.Since(start).Nanoseconds())
	for _, mine := range times {
		for _, nanoseconds := range mine {
			fmt.Fprintf(&answer, " %d", nanoseconds)
		}
	}
	return answer.String()
}

func main() {
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		var way, place string
		var threads, milliseconds int
		_, err := fmt.Sscan(orders.Text(), &way, &place, &threads, &milliseconds)
		check(err)
		fmt.Println(obey(place, threads, milliseconds))
	}
}
