"""A part of the toolkit as a real process, with its journal."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from cluster.eventually import eventually

SOURCE = Path(__file__).parents[2] / "images" / "elasticsearch"


class Part:
    """`lease`, `discovery`, `node` or `hosts` for one instance."""

    def __init__(self, name: str, settings: dict[str, str], folder: Path, hurried: bool = False) -> None:
        self._log = folder / f"{name}-{settings['INSTANCE']}-{len(list(folder.iterdir()))}.log"
        environment = {"PYTHONPATH": str(SOURCE), "PATH": os.environ["PATH"]} | settings
        with self._log.open("wb") as log:
            program = [str(Path(__file__).with_name("hurried.py"))] if hurried else ["-m", "toolkit"]
            self._process = subprocess.Popen([sys.executable, *program, name], env=environment, stdout=log, stderr=log)

    def says(self, text: str, within: float = 10) -> None:
        eventually(
            f"the journal has: {text}", lambda: text in self.journal, within=within, context=lambda: self.journal
        )

    def ends(self, within: float = 10) -> int:
        eventually("it ends", lambda: self._process.poll() is not None, within=within, context=lambda: self.journal)
        return self._process.returncode

    def is_running(self) -> bool:
        return self._process.poll() is None

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def journal(self) -> str:
        return self._log.read_text()
