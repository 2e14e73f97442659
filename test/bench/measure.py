"""Measures a program with everything it starts: measure.py [--memory] SOCKET SERVICE… [-- PROGRAM ARGUMENT…]… -- PROGRAM ARGUMENT…

The service, if there is one, is started first and ended last; programs before the last one prepare. The clock runs only for the
last program. Everything that it or the service starts counts, even what they detach, for this process adopts orphans
(PR_SET_CHILD_SUBREAPER) and waits for all of them; what the service took to start does not, but all that its spare processes took.
Prints JSON: status, wallSeconds, cpuSeconds, output, and with --memory, sampled, the peaks of proportional sizes: totalBytes of all
processes together, daemonBytes of the service's first, clientBytes of the program's."""

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
SETTLED_SECONDS = 0.15
TICKS = os.sysconf("SC_CLK_TCK")


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
    def __init__(self, daemon, program):
        super().__init__(daemon=True)
        self.named = {"daemonBytes": daemon, "clientBytes": program}
        self.peaks = {"totalBytes": 0, "daemonBytes": 0, "clientBytes": 0}
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.wait(SAMPLE_SECONDS):
            sizes = {pid: proportional_size(pid) for pid in descendants()}
            self.note("totalBytes", sum(sizes.values()))
            for name, pid in self.named.items():
                self.note(name, sizes.get(pid, 0))

    def note(self, name, size):
        self.peaks[name] = max(self.peaks[name], size)


def processor_seconds(pid):
    """Of a process and of its children that have ended; 0 when it has ended itself."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            return sum(map(int, file.read().rpartition(")")[2].split()[11:15])) / TICKS
    except OSError:
        return 0


def wait_for_socket(path, daemon):
    while daemon.poll() is None:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(path) == 0:
                return
        time.sleep(0.01)
    sys.exit(f"the service ended with {daemon.returncode}")


def settle():
    """Waits until the service and what it started have nothing to do."""
    before = -1
    while before != (before := sum(map(processor_seconds, descendants()))):
        time.sleep(SETTLED_SECONDS)


def forget_environment():
    """What is set here must not be measured: NODE_EXTRA_CA_CERTS alone has node parse all certificates at each start."""
    path = os.environ["PATH"]
    os.environ.clear()
    os.environ.update(PATH=path, HOME="/root", LANG="C.UTF-8")


def split(words):
    commands = [[]]
    for word in words:
        if word == "--":
            commands.append([])
        else:
            commands[-1].append(word)
    return commands


def run(command, sample, daemon):
    """Gives back output, status, and the peaks of memory."""
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    sampler = Sampler(daemon.pid if daemon else 0, program.pid)
    if sample:
        sampler.start()
    output = program.communicate()[0].decode(errors="replace")
    sampler.stopped.set()
    return output, program.returncode, sampler.peaks


def children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def wait_for_all():
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass


def main():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    forget_environment()
    sample = sys.argv[1] == "--memory"
    (path, *service), *preparations, command = split(sys.argv[2 if sample else 1 :])
    daemon = subprocess.Popen(service, stdin=subprocess.DEVNULL) if service else None
    if daemon:
        wait_for_socket(path, daemon)
        settle()
    for preparation in preparations:
        output, status, _ = run(preparation, False, None)
        if status != 0:
            sys.exit(f"{preparation} ended with {status}: {output}")
        settle()
    subprocess.run(["sync"], check=True)
    before = children_seconds() + (processor_seconds(daemon.pid) if daemon else 0)
    start = time.monotonic()
    output, status, peaks = run(command, sample, daemon)
    wall = time.monotonic() - start
    if daemon:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
    wait_for_all()
    json.dump({"status": status, "wallSeconds": wall, "cpuSeconds": children_seconds() - before, **peaks, "output": output}, sys.stdout)


main()
