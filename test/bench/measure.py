"""Measures a program with everything it starts: measure.py SOCKET SERVICE… -- PROGRAM ARGUMENT…

The service, if there is one, is started first and ended last; the clock runs only for the program. Everything that either starts
counts, even what they detach, for this process adopts orphans (PR_SET_CHILD_SUBREAPER) and waits for all of them.
Prints JSON: status, wallSeconds, cpuSeconds, largestBytes (peak resident size of the largest process), totalBytes (peak of the
proportional sizes of all processes together, sampled), output."""

import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

PR_SET_CHILD_SUBREAPER = 36
SAMPLE_SECONDS = 0.05


def descendants():
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="latin-1") as file:
                parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            pass
    found, wanted = [], {os.getpid()}
    while wanted:
        wanted = {pid for pid, parent in parents.items() if parent in wanted}
        found += wanted
    return found


def proportional_size(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            return sum(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
    except OSError:
        return 0


class Sampler(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.peak = 0
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, sum(map(proportional_size, descendants())))


def wait_for(path):
    while True:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(path) == 0:
                return
        time.sleep(0.01)


def main():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    path, *words = sys.argv[1:]
    service, command = words[: words.index("--")], words[words.index("--") + 1 :]
    daemon = subprocess.Popen(service, stdin=subprocess.DEVNULL) if service else None
    if daemon:
        wait_for(path)
    sampler = Sampler()
    sampler.start()
    start = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    wall = time.monotonic() - start
    sampler.stopped.set()
    if daemon:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    json.dump(
        {
            "status": done.returncode,
            "wallSeconds": wall,
            "cpuSeconds": usage.ru_utime + usage.ru_stime,
            "largestBytes": usage.ru_maxrss * 1024,
            "totalBytes": sampler.peak,
            "output": done.stdout.decode(errors="replace"),
        },
        sys.stdout,
    )


main()
