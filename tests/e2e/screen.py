"""A screen in memory with a window manager, and a Chromium on it to which no debugger is attached."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .chromium import SWITCHES
from .machine import require_program


class Screen:
    def __init__(self, display: str) -> None:
        self.environment = {**os.environ, "DISPLAY": display}

    def xdotool(self, *words: str) -> str:
        done = subprocess.run(["xdotool", *words], env=self.environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def window(self, *search: str, seconds: float = 20) -> str:
        """Return the id of a visible window, once it is there."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = subprocess.run(
                ["xdotool", "search", "--onlyvisible", *search],
                check=False,
                env=self.environment,
                capture_output=True,
                text=True,
            ).stdout.split()
            if found:
                return found[-1]
            time.sleep(0.2)
        raise AssertionError(f"no window {search}")

    def activate(self, window: str) -> None:
        self.xdotool("windowactivate", "--sync", window)

    def minimize(self, window: str) -> None:
        self.xdotool("windowminimize", window)

    def open_url(self, window: str, url: str) -> None:
        """Goes to a URL by the keyboard, as a person does."""
        self.activate(window)
        self.xdotool("key", "--clearmodifiers", "ctrl+l")
        self.xdotool("type", "--delay", "5", url)
        self.xdotool("key", "Return")

    @contextmanager
    def other_program(self) -> Iterator[str]:
        """Open another program's window in front."""
        program = subprocess.Popen(
            ["xmessage", "-name", "other", "Another program"], env=self.environment, stdout=subprocess.DEVNULL
        )
        try:
            window = self.window("--name", "xmessage|other")
            self.activate(window)
            yield window
        finally:
            program.kill()
            program.wait()

    @contextmanager
    def chromium(self, profile: Path, url: str, *extra: str) -> Iterator[str]:
        """Start Chromium as a person does and yield its window."""
        words = [f"--user-data-dir={profile}", "--no-sandbox", "--ozone-platform=x11", "--disable-gpu", *extra]
        program = subprocess.Popen(
            [require_program("chromium", "chromium"), *words, *SWITCHES, url],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield self.window("--class", "chromium")
        finally:
            program.terminate()
            program.wait(20)


@contextmanager
def new_screen(*, managed: bool = True) -> Iterator[Screen]:
    """Start Xvfb on a free display, with a window manager where `managed`."""
    server = require_program("Xvfb", "xvfb")
    require_program("xdotool", "xdotool")
    display = subprocess.Popen(
        [server, "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with display:
        assert display.stdout
        screen = Screen(f":{display.stdout.readline().decode().strip()}")
        manager = None
        if managed:
            words = [require_program("openbox", "openbox"), "--sm-disable"]
            require_program("xmessage", "x11-utils")
            manager = subprocess.Popen(words, env=screen.environment, stderr=subprocess.DEVNULL)
            time.sleep(0.5)
        try:
            yield screen
        finally:
            if manager:
                manager.terminate()
                manager.wait()
            display.terminate()
