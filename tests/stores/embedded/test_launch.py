"""The step between a parent and its engine."""

import os
import subprocess
import sys
from pathlib import Path

from stores.embedded import launch

_DAC_OVERRIDE, _DAC_READ_SEARCH = 1 << 1, 1 << 2
_SHOW = [sys.executable, "-I", "-S", "-c", "print(open('/proc/self/status').read())"]


def _launch(*arguments: str, program: list[str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", launch.__file__, "--signal", "15", *arguments, "--"]
    return subprocess.run(
        [*command, *(program or _SHOW)], capture_output=True, text=True, check=False
    )


def _status(output: str) -> dict[str, str]:
    return {
        name: value.strip()
        for name, _, value in (row.partition(":") for row in output.splitlines())
    }


def test_an_orphan_starts_nothing() -> None:
    result = _launch("--parent", "1")
    assert result.returncode == 1
    assert "the parent process is gone" in result.stderr


def test_a_missing_program_is_named() -> None:
    result = _launch("--parent", str(os.getpid()), program=["/nonexistent/program"])
    assert result.returncode == 1
    assert "cannot start /nonexistent/program: " in result.stderr


def test_user_and_capabilities_are_dropped(tmp_path: Path) -> None:
    """As root: to nobody, keeping one capability only when a path needs it."""
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o700)
    (locked / "inside").mkdir()
    if os.geteuid() != 0:
        status = _status(_launch("--parent", str(os.getpid())).stdout)
        assert int(status["CapEff"], 16) == 0
        return
    interpreter = Path(sys.executable).resolve().parents[1]
    user = ["--parent", str(os.getpid()), "--user", "65534:65534", f"--reach={interpreter}"]
    status = _status(_launch(*user, f"--reach={locked / 'inside'}").stdout)
    assert status["Uid"].split() == ["65534"] * 4
    assert status["Gid"].split() == ["65534"] * 4
    assert status["Groups"] == ""
    kept = {int(status[kind], 16) for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb")}
    assert kept in ({_DAC_READ_SEARCH}, {_DAC_OVERRIDE})
    reachable = _launch(*user[:4], "--reach=/usr", program=["/bin/cat", "/proc/self/status"])
    assert int(_status(reachable.stdout)["CapPrm"], 16) == 0
