"""Stops one thread of a process, as a deadlock would, and leaves the others running. Arguments: process, the thread's
name. Says "frozen" with the time. The thread goes on when this ends."""

import ctypes
import os
import signal
import sys
import time

SEIZE, INTERRUPT, ALL_THREADS = 0x4206, 0x4207, 0x40000000
ptrace = ctypes.CDLL(None, use_errno=True).ptrace
ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
folder = f"/proc/{sys.argv[1]}/task"
for thread in os.listdir(folder):
    with open(f"{folder}/{thread}/comm", encoding="utf-8") as name:
        if name.read().strip() == sys.argv[2]:
            if ptrace(SEIZE, int(thread), None, None) or ptrace(INTERRUPT, int(thread), None, None):
                sys.exit(os.strerror(ctypes.get_errno()))
            os.waitpid(int(thread), ALL_THREADS)
            print(f"frozen {time.monotonic():.6f}", flush=True)
            signal.pause()
sys.exit("no such thread")
