"""What `fovea serve` bears: requests a second of 20 DICOMweb clients on a series of 300 slices of 512², the memory that takes, and
what hostile clients get. Needs a built fovea and Debian's wrk.

    python3 Tools/bench/load.py .build/release/fovea
"""

import contextlib
import pathlib
import re
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

SLICES, SIDE, CLIENTS, SECONDS = 300, 512, 20, 8
STUDY, SERIES = "2.25.1", "2.25.1000"


def element(group, number, representation, value):
    if isinstance(value, str):
        value = value.encode() + (b"" if len(value) % 2 == 0 else b"\0" if representation == b"UI" else b" ")
    head = struct.pack("<HH", group, number) + representation
    return head + (b"\0\0" + struct.pack("<I", len(value)) if representation == b"OW" else struct.pack("<H", len(value))) + value


def slice_file(number):
    uid = f"2.25.{2000 + number}"
    meta = element(2, 2, b"UI", "1.2.840.10008.5.1.4.1.1.2") + element(2, 3, b"UI", uid)
    meta += element(2, 0x10, b"UI", "1.2.840.10008.1.2.1")
    data = bytes(128) + b"DICM" + element(2, 0, b"UL", struct.pack("<I", len(meta))) + meta
    data += element(8, 0x16, b"UI", "1.2.840.10008.5.1.4.1.1.2") + element(8, 0x18, b"UI", uid)
    data += element(8, 0x60, b"CS", "CT") + element(0x10, 0x10, b"PN", "Load^Test") + element(0x10, 0x20, b"LO", "load")
    data += element(0x20, 0x0D, b"UI", STUDY) + element(0x20, 0x0E, b"UI", SERIES)
    data += element(0x20, 0x11, b"IS", "1") + element(0x20, 0x13, b"IS", str(number))
    data += element(0x20, 0x32, b"DS", f"0\\0\\{number}") + element(0x20, 0x37, b"DS", "1\\0\\0\\0\\1\\0")
    us = lambda number, value: element(0x28, number, b"US", struct.pack("<H", value))
    data += us(2, 1) + element(0x28, 4, b"CS", "MONOCHROME2") + us(0x10, SIDE) + us(0x11, SIDE)
    data += element(0x28, 0x30, b"DS", "0.7\\0.7") + us(0x100, 16) + us(0x101, 16) + us(0x102, 15) + us(0x103, 0)
    row = struct.pack(f"<{SIDE}H", *((column * 7 + number) % 4096 for column in range(SIDE)))
    return data + element(0x7FE0, 0x10, b"OW", row * SIDE)


class Server:
    def __init__(self, fovea, folder):
        self.process = subprocess.Popen(
            [fovea, "serve", folder, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        address = re.search(r"http://([^:]+):(\d+)/\?key=(\w+)", self.process.stdout.readline())
        self.port, self.key = int(address[2]), address[3]
        self.root = f"http://127.0.0.1:{self.port}/dicom-web"

    def status(self, name):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s+(\d+)", text, re.M)[1])

    @property
    def megabytes(self):
        return self.status("VmHWM") // 1024

    def get(self, path, timeout=10):
        asked = urllib.request.Request(self.root + path, headers={"Authorization": f"Bearer {self.key}"})
        with urllib.request.urlopen(asked, timeout=timeout) as answer:
            return answer.read()

    def seconds(self, timeout=10):
        """How long an honest client waits for a search; None where it gets no answer."""
        start = time.monotonic()
        try:
            self.get("/studies", timeout)
            return time.monotonic() - start
        except OSError:
            return None

    def end(self):
        self.process.send_signal(2)
        return self.process.wait(20)


def rate(server, name, path, *headers):
    command = ["wrk", "-t2", f"-c{CLIENTS}", f"-d{SECONDS}s", "--latency", "-H", f"Authorization: Bearer {server.key}"]
    for header in headers:
        command += ["-H", header]
    text = subprocess.run(command + [server.root + path], capture_output=True, text=True).stdout
    requests = re.search(r"Requests/sec:\s+([\d.]+)", text)[1]
    late = re.search(r"99%\s+(\S+)", text)[1]
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    fault = f", {wrong[1]} of them errors" if wrong else ""
    broken = re.search(r"Socket errors: (.*)", text)
    print(f"{name}: {requests} a second, 99 % within {late}{fault}{'; ' + broken[1] if broken else ''}; {server.megabytes} MB", flush=True)


def whole_series(server):
    sizes = []
    start = time.monotonic()

    def fetch():
        asked = urllib.request.Request(
            f"{server.root}/studies/{STUDY}/series/{SERIES}",
            headers={"Authorization": f"Bearer {server.key}",
                     "Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'})
        count = 0
        with urllib.request.urlopen(asked, timeout=300) as answer:
            while piece := answer.read(1 << 20):
                count += len(piece)
        sizes.append(count)

    threads = [threading.Thread(target=fetch) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - start
    print(f"the whole series by {len(sizes)} clients at once: {took:.1f} s, {sum(sizes) / took / 1e6:.0f} MB a second; {server.megabytes} MB")


def connect(server):
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    return connection


def told(connection, seconds=3):
    connection.settimeout(seconds)
    try:
        answer = connection.recv(200)
        return answer.split(b"\r\n")[0].decode() if answer else "closed"
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return type(error).__name__


def hostile(server, name, attack):
    with contextlib.ExitStack() as stack:
        outcome = attack(stack)
        waited = server.seconds()
    after = server.seconds()
    say = lambda seconds: "no answer" if seconds is None else f"{seconds * 1000:.0f} ms"
    alive = server.process.poll() is None
    print(f"{name}: {outcome}; an honest client meanwhile: {say(waited)}, afterwards: {say(after)}; "
          f"{server.megabytes} MB{'' if alive else '; THE SERVER ENDED'}", flush=True)


def slow(server, count, seconds):
    """Headers that never end, a line every second."""
    def attack(stack):
        lines = []
        for _ in range(count):
            try:
                connection = stack.enter_context(connect(server))
                connection.sendall(b"GET /dicom-web/studies HTTP/1.1\r\nHost: 127.0.0.1\r\n")
                lines.append(connection)
            except OSError:
                break
        open_for = 0
        for second in range(seconds):
            for connection in list(lines):
                try:
                    connection.sendall(b"X-A: b\r\n")
                except OSError:
                    lines.remove(connection)
            time.sleep(1)
            open_for = second + 1
            if not lines:
                break
        return f"{len(lines)} of {count} still open after {open_for} s"
    return attack


def crowd(server, count):
    def attack(stack):
        made = 0
        for _ in range(count):
            try:
                stack.enter_context(connect(server))
                made += 1
            except OSError:
                break
        return f"{made} of {count} connections made, {server.status('FDSize')} descriptors of the server's table"
    return attack


def headers(server):
    def attack(stack):
        connection = stack.enter_context(connect(server))
        try:
            connection.sendall(b"GET /dicom-web/studies HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            for number in range(2000):
                connection.sendall(f"X-{number}: {'a' * 1000}\r\n".encode())
        except OSError:
            pass
        return told(connection)
    return attack


def endless(server, authorized):
    def attack(stack):
        connection = stack.enter_context(connect(server))
        key = f"Authorization: Bearer {server.key}\r\n" if authorized else ""
        sent = 0
        try:
            connection.sendall(
                f"POST /dicom-web/studies HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{key}"
                "Content-Type: multipart/related; type=\"application/dicom\"; boundary=b\r\n"
                "Transfer-Encoding: chunked\r\n\r\n".encode())
            piece = b"10000\r\n" + bytes(65536) + b"\r\n"
            end = time.monotonic() + 10
            while time.monotonic() < end:
                connection.sendall(piece)
                sent += 65536
        except OSError:
            pass
        return f"{told(connection)} after {sent / 1e6:.0f} MB"
    return attack


def main():
    # Ten thousand connections are as many descriptors here.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20000), most))
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, SLICES + 1):
            pathlib.Path(folder, f"{number:03}.dcm").write_bytes(slice_file(number))
        server = Server(sys.argv[1], folder)
        one = f"/studies/{STUDY}/series/{SERIES}/instances/2.25.2150"
        try:
            server.get("/studies", timeout=60)
            print(f"{SLICES} slices of {SIDE}², {CLIENTS} clients, {SECONDS} s each; {server.megabytes} MB at the beginning")
            rate(server, "QIDO, studies", "/studies")
            rate(server, "QIDO, 300 instances", f"/studies/{STUDY}/series/{SERIES}/instances")
            rate(server, "WADO, metadata of an instance", one + "/metadata")
            rate(server, "WADO, an object (0.5 MB)", one, "Accept: application/dicom; transfer-syntax=*")
            rate(server, "WADO, rendered JPEG", one + "/rendered?window=2000,4000,linear")
            whole_series(server)
            print("hostile clients")
            hostile(server, "headers of 2 MB", headers(server))
            hostile(server, "an endless body without the key", endless(server, False))
            hostile(server, "an endless body with the key, nothing being stored here", endless(server, True))
            hostile(server, "slow headers, 100 connections", slow(server, 100, 75))
            hostile(server, "slow headers, 500 connections", slow(server, 500, 75))
            hostile(server, "10000 silent connections", crowd(server, 10000))
        finally:
            code = server.end()
            print(f"ended with {code}")


main()
