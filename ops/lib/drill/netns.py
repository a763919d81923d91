"""Doing things as another host of the lab: a thread may be in a network namespace of its own."""
import ctypes
import os
import threading

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def enter(name):
    """Moves the calling thread, and nothing else, to the namespace. Sockets made before stay where they are."""
    descriptor = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
            error = ctypes.get_errno()
            raise OSError(error, f"namespace {name}: {os.strerror(error)}")
    finally:
        os.close(descriptor)


def thread(name, work):
    """A started thread that does the work in the namespace."""
    def run():
        enter(name)
        work()

    made = threading.Thread(target=run, daemon=True)
    made.start()
    return made
