"""Becomes another program that dies with the process that asked for it.

    python -I -S launch.py --parent PID --signal N [--user UID:GID --reach PATH …] -- PROGRAM …

Run as a file with only the standard library, because this stands between every engine and its
start.

Linux tells a process that its parent died (PR_SET_PDEATHSIG); a change of user forgets that wish,
so it is made last. Dropping from root to an ordinary user must neither depend on the permissions of
parent directories nor change them: if the new user cannot reach a path in `--reach`, it keeps one
capability, to search and read directories (CAP_DAC_READ_SEARCH, or the wider CAP_DAC_OVERRIDE where
a container has only that), as an ambient capability, which survives exec. All others are given up.
"""

import argparse
import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION_3 = 0x20080522


class _CapHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapData(ctypes.Structure):
    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


class LaunchError(Exception):
    """The program cannot be started as asked."""


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(status: int, what: str) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise LaunchError(f"{what} failed: {os.strerror(number)}")


def _permitted_capabilities() -> int:
    header, data = _CapHeader(_CAPABILITY_VERSION_3, 0), (_CapData * 2)()
    _check(_libc().capget(ctypes.byref(header), ctypes.byref(data)), "reading capabilities")
    return int(data[0].permitted)


def _set_capabilities(permitted: int, effective: int) -> None:
    header, data = _CapHeader(_CAPABILITY_VERSION_3, 0), (_CapData * 2)()
    data[0].permitted = data[0].inheritable = permitted
    data[0].effective = effective
    _check(_libc().capset(ctypes.byref(header), ctypes.byref(data)), "setting capabilities")


def _reachable(paths: list[str]) -> bool:
    return all(os.access(path, os.R_OK | os.X_OK) for path in paths)


def _become(uid: int, gid: int, reach: list[str]) -> None:
    """Drop from root to uid:gid, keeping the right to search directories only if needed.

    Raises:
        LaunchError: The new user could not reach a path and no capability could be kept.
    """
    libc = _libc()
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    # Without this bit the change of user clears all capabilities, and access(2) ignores kept ones.
    has_bit = libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0) == 0
    candidates = _permitted_capabilities() if has_bit else 0
    os.setresuid(uid, uid, uid)
    for capability in (None, _CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE):
        mask = 0 if capability is None else 1 << capability
        if mask & ~candidates:
            continue
        _set_capabilities(permitted=candidates, effective=mask)
        if _reachable(reach):
            break
    else:
        raise LaunchError(
            f"user {uid} cannot reach {', '.join(reach)}, and this process may not keep the "
            "capability CAP_DAC_READ_SEARCH: run as an ordinary user, or keep checkout and data "
            "where every user may enter the directories"
        )
    _set_capabilities(mask, mask)
    if capability is not None:
        raised = libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0)
        _check(raised, "keeping a capability across exec")


def _die_with_parent(parent: int, signal_number: int) -> None:
    if sys.platform == "linux":
        status = _libc().prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        _check(status, "asking to die with the parent")
    if os.getppid() != parent:
        raise LaunchError("the parent process is gone")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--user")
    parser.add_argument("--reach", action="append", default=[])
    parser.add_argument("program", nargs="+")
    return parser.parse_args()


def main() -> None:
    """Drop privileges if asked, tie this process to its parent, exec the program."""
    arguments = _arguments()
    try:
        if arguments.user:
            uid, gid = (int(part) for part in arguments.user.split(":"))
            _become(uid, gid, arguments.reach)
        _die_with_parent(arguments.parent, arguments.signal)
        os.execv(arguments.program[0], arguments.program)  # noqa: S606 (no shell is the point)
    except (LaunchError, OSError) as error:
        sys.exit(f"cannot start {arguments.program[0]}: {error}")


if __name__ == "__main__":
    main()
