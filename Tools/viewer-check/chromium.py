"""Chromium driven over DevTools' pipe: NUL-terminated JSON on descriptors 3 and 4, so that nothing but Python is needed."""

import base64
import json
import os
import pathlib
import subprocess
import tempfile
import time


class Browser:
    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="fovea-chromium-")
        to_browser, self.write = os.pipe()
        self.read, from_browser = os.pipe()

        def place_pipes():
            # Away from where they are to be, first.
            first, second = os.dup(to_browser), os.dup(from_browser)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu-sandbox",
             "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--hide-scrollbars", "--no-first-run",
             f"--user-data-dir={self.profile.name}", "about:blank"],
            close_fds=False, preexec_fn=place_pipes, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.count, self.events = b"", 0, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Accessibility", "Network"):
            self.page(f"{domain}.enable")

    def message(self):
        while b"\0" not in self.buffer:
            piece = os.read(self.read, 1 << 20)
            if not piece:
                raise RuntimeError("chromium has ended")
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, session=None, **parameters):
        self.count += 1
        number = self.count
        request = {"id": number, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        os.write(self.write, json.dumps(request).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def page(self, method, **parameters):
        return self.call(method, self.session, **parameters)

    def run(self, expression):
        result = self.page("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"].get("description", result))
        return result["result"].get("value")

    def until(self, expression, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.run(f"Boolean({expression})"):
                return
            time.sleep(0.1)
        raise RuntimeError(f"in {seconds} s it did not come to {expression}")

    def size(self, width, height, touch=False):
        self.page("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)
        self.page("Emulation.setTouchEmulationEnabled", enabled=touch)

    def go(self, address):
        self.page("Page.navigate", url=address)
        self.until("document.readyState === 'complete'")

    def shoot(self, path):
        data = self.page("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))

    def key(self, key, shift=False):
        named = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39,
                 "ArrowDown": 40, "Shift": 16}
        code = named.get(key, ord(key[0].upper()))
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else None)
        common = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.page("Input.dispatchKeyEvent", type="keyDown", **common, **({"text": text} if text else {}))
        self.page("Input.dispatchKeyEvent", type="keyUp", **common)

    def frame(self):
        """Waits until the page says what it draws."""
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def mouse(self, kind, x, y, button="left", **more):
        self.page("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, **more)

    def drag(self, start, end, steps=10):
        self.mouse("mousePressed", *start, buttons=1, clickCount=1)
        for step in range(1, steps + 1):
            place = [a + (b - a) * step / steps for a, b in zip(start, end)]
            self.mouse("mouseMoved", *place, buttons=1)
        self.mouse("mouseReleased", *end, clickCount=1)

    def middle(self, selector):
        """The middle of an element, in CSS pixels."""
        return self.run(
            "(() => { const box = document.querySelector(%s).getBoundingClientRect();"
            "return [box.x + box.width / 2, box.y + box.height / 2]; })()" % json.dumps(selector))

    def complaints(self):
        """What the page's console and network have to complain of."""
        found = []
        for event in self.events:
            values = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                found.append(values["exceptionDetails"].get("exception", {}).get("description", "exception"))
            elif event.get("method") == "Log.entryAdded" and values["entry"]["level"] == "error":
                found.append(values["entry"]["text"])
            elif event.get("method") == "Runtime.consoleAPICalled" and values["type"] == "error":
                found.append(str([argument.get("value") for argument in values["args"]]))
        return found

    def processor_seconds(self):
        """What the browser and all that it started have taken of the processor."""
        parents, times = {}, {}
        for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = entry.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            number = int(entry.parent.name)
            parents[number], times[number] = int(fields[1]), int(fields[11]) + int(fields[12])
        family = {self.process.pid}
        while True:
            more = {number for number, parent in parents.items() if parent in family} - family
            if not more:
                return sum(times.get(number, 0) for number in family) / os.sysconf("SC_CLK_TCK")
            family |= more

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.profile.cleanup()
