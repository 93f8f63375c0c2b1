"""Looks at the viewer's page as a person does; ends with a line for each thing that is not as it should be."""

import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import folder
from chromium import Browser

fovea, scans, output = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
failures, measured = [], []
LARGEST = 4_000_000


def check(holds, what):
    print(("ok    " if holds else "FAILS ") + what)
    if not holds:
        failures.append(what)


def measure(what):
    print("      " + what)
    measured.append(what)


def text(browser, identifier):
    browser.frame()
    return browser.run(f"document.getElementById('{identifier}').textContent")


def choose(browser, title):
    """Takes an entry of the list, and waits until it is shown."""
    browser.run(
        f"[...document.querySelectorAll('#list button')].find((entry) => entry.textContent.includes({json.dumps(title)})).click()")
    browser.until(f"document.getElementById('shown').textContent.includes({json.dumps(title)})")
    time.sleep(0.4)


def set_value(browser, identifier, value, event="change"):
    browser.run(
        f"(() => {{ const field = document.getElementById('{identifier}'); field.value = {json.dumps(value)};"
        f"field.dispatchEvent(new Event('{event}', {{ bubbles: true }})); }})()")


def desk(browser, address):
    browser.size(1280, 800)
    browser.go(address)
    browser.until("performance.getEntriesByName('first-image').length")
    check("key=" not in browser.run("location.href"), "the key is gone from the address")
    browser.go(address)
    browser.until("performance.getEntriesByName('first-image').length")
    first = browser.run("performance.getEntriesByName('first-image')[0].startTime")
    measure(f"first image {first:.0f} ms after the address was opened (second time), load {os.getloadavg()[0]:.1f}")
    check(first < 1000 or os.getloadavg()[0] > 2, "loads in under a second, or others keep this machine busy")

    check("hostile" not in browser.run("document.title") and browser.run("document.images.length") == 0,
          "a hostile name is text")
    choose(browser, "marked lesion")
    stage = browser.middle("#canvas")
    before = text(browser, "shown") + browser.run("document.getElementById('width').value")
    browser.drag(stage, [stage[0] + 100, stage[1] + 40])
    after = text(browser, "shown") + browser.run("document.getElementById('width').value")
    check(before != after, "dragging changes the window")
    check(browser.run("document.getElementById('preset').value") == "", "and no preset is named any more")
    full_depth(browser, stage)

    browser.run("document.getElementById('enlarge').click()")
    browser.until("document.getElementById('download').offsetParent && !document.getElementById('divide-row').hidden", 120)
    check("No bound" in text(browser, "trust-text"), "why there is no bound is said plainly")
    set_value(browser, "preset", "of the file")
    time.sleep(0.4)
    browser.shoot(output / "slider.png")
    divider = browser.middle("#divider")
    browser.drag(divider, [divider[0] - 150, divider[1]])
    check(float(browser.run("document.getElementById('divide').value")) < 40, "the slider follows the mouse")
    set_value(browser, "overlay", "unsaid")
    browser.until("!document.getElementById('bar').hidden")
    browser.mouse("mouseMoved", stage[0] + 120, stage[1] - 60)
    check("not said" in text(browser, "readout"), "values of original, result and overlay are read: " + text(browser, "readout"))
    browser.run("document.querySelector('input[value=beside]').click()")
    time.sleep(0.4)
    browser.shoot(output / "beside.png")
    set_value(browser, "overlay", "none")


def full_depth(browser, stage):
    """The gray of a pixel is that of its stored value, through a window four values wide."""
    browser.mouse("mouseMoved", *stage)
    value = float(text(browser, "readout").split("original ")[1].split()[0])
    for offset, expected in ((-1, 191), (0, 128), (1, 64)):
        set_value(browser, "center", str(value + offset))
        set_value(browser, "width", "4")
        gray = browser.run(
            "new Promise((resolve) => { document.getElementById('width').dispatchEvent(new Event('change'));"
            "requestAnimationFrame(() => { const canvas = document.getElementById('canvas');"
            "const gl = canvas.getContext('webgl2'); const pixel = new Uint8Array(4);"
            "const box = canvas.getBoundingClientRect();"
            f"gl.readPixels({stage[0]} - box.x, canvas.height - 1 - ({stage[1]} - box.y), 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);"
            "resolve(pixel[0]); }); })")
        check(abs(gray - expected) <= 1, f"gray {gray} for {expected} at {offset:+d} of 4 stored values")


def ruler(browser):
    choose(browser, "5/5mm")
    browser.run("document.querySelector('input[value=ruler]').click()")
    stage = browser.middle("#canvas")
    start, end = [stage[0] - 200, stage[1] - 90], [stage[0] + 200, stage[1] + 30]
    places = []
    for point in (start, end):
        browser.mouse("mouseMoved", *point)
        words = text(browser, "readout").replace(",", "").split()
        places.append((int(words[1]), int(words[3])))
    browser.drag(start, end)
    time.sleep(0.2)
    shown = float(browser.run("document.querySelector('#marks text').textContent").split()[0])
    # Its Pixel Spacing.
    length = 0.478516 * ((places[1][0] - places[0][0]) ** 2 + (places[1][1] - places[0][1]) ** 2) ** 0.5
    check(abs(shown - length) < 0.7, f"the ruler says {shown} mm for {length:.1f} mm between the pixels")
    set_value(browser, "preset", "bone")
    browser.shoot(output / "ruler.png")
    browser.run("document.querySelector('input[value=window]').click()")
    browser.key("Escape")


def bound(browser):
    choose(browser, "5/5mm")
    set_value(browser, "scale", "2")
    set_value(browser, "preset", "brain")
    browser.run("document.getElementById('enlarge').click()")
    browser.until("document.getElementById('download').offsetParent", 180)
    said = text(browser, "trust-text")
    measure(f"of the CT: {text(browser, 'progress-text')} {said}")
    set_value(browser, "overlay", "bound")
    time.sleep(0.6)
    browser.shoot(output / "bound.png")
    set_value(browser, "overlay", "none")
    browser.run("document.querySelector('input[value=slider]').click()")
    for mode in ("slider", "result"):
        browser.run(f"document.querySelector('input[value={mode}]').click()")
        before = browser.processor_seconds()
        rate = frames(browser)
        cost = (browser.processor_seconds() - before) / FRAMES * 1000
        measure(f"windowing by drag over a result of 1024², {mode}: {rate:.0f} frames a second, {cost:.0f} ms of processor "
                f"each, load {os.getloadavg()[0]:.1f} ({browser.run(RENDERER)})")


# As many as frames() draws.
FRAMES = 90
RENDERER = (
    "(() => { const gl = document.getElementById('canvas').getContext('webgl2');"
    "const names = gl.getExtension('WEBGL_debug_renderer_info');"
    "return gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER); })()")


def frames(browser):
    """Frames a second while a pointer drags, each one drawn to its end."""
    return browser.run("""new Promise((resolve) => {
      const canvas = document.getElementById('canvas'), gl = canvas.getContext('webgl2'), pixel = new Uint8Array(4);
      canvas.setPointerCapture = () => {};
      const send = (kind, x, y) => canvas.dispatchEvent(new PointerEvent(kind,
        { pointerId: 9, clientX: x, clientY: y, button: 0, buttons: 1, bubbles: true, cancelable: true }));
      let count = 0, start = 0;
      send('pointerdown', 500, 300);
      const step = (now) => {
        if (count === 0) start = now;
        if (count === 90) { send('pointerup', 500, 300); return resolve(90000 / (now - start)); }
        count += 1;
        gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
        send('pointermove', 500 + count % 30, 300 + count % 20);
        requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    })""")


def series(browser):
    start = time.monotonic()
    browser.run("performance.clearResourceTimings()")
    browser.run(
        "[...document.querySelectorAll('#list button')].find((entry) => entry.textContent.includes('300 slices')).click()")
    browser.until("document.getElementById('slice-number').textContent === '1 of 300'")
    measure(f"series of 300 slices opened in {(time.monotonic() - start) * 1000:.0f} ms")
    time.sleep(0.5)
    fetched = browser.run(
        "performance.getEntriesByType('resource').filter((entry) => entry.name.includes('/slices/')).length")
    check(fetched <= 5, f"of 300 slices {fetched} were fetched")
    stage = browser.middle("#canvas")
    for _ in range(20):
        browser.mouse("mouseWheel", *stage, button="none", deltaX=0, deltaY=60)
    browser.until("document.getElementById('slice-number').textContent === '21 of 300'")
    check(True, "the wheel scrolls through slices")


def keyboard(browser):
    browser.run("document.getElementById('filter').focus()")
    for letter in "lesion":
        browser.key(letter)
    browser.key("Tab")
    browser.key("Enter")
    browser.until("document.getElementById('shown').textContent.includes('marked lesion')")
    # It was enlarged before, and comes back.
    browser.until("document.getElementById('label-right').textContent", 30)
    check(browser.run("document.activeElement.closest('#list') !== null"), "the focus stays where it was")
    for _ in range(30):
        browser.key("Tab")
        if browser.run("document.activeElement.id") == "canvas":
            break
    check(browser.run("document.activeElement.id") == "canvas", "Tab reaches the image")
    label = "document.getElementById('canvas').getAttribute('aria-label')"
    browser.key("3")
    def named():
        # When it has come to rest.
        time.sleep(0.5)
        return browser.run(label)

    original = named()
    browser.key("4")
    result = named()
    check(", original," in original and ", result," in result, "keys choose what is compared")
    browser.key("]")
    check(named() != result, "keys window, and the image's name says so")
    browser.key("1")
    value = browser.run("document.getElementById('divide').value")
    browser.key("ArrowRight")
    check(browser.run("document.getElementById('divide').value") != value, "arrows move the slider")
    browser.key("M")
    browser.key("M")
    for _ in range(12):
        browser.key("ArrowRight", shift=True)
    browser.key("M")
    time.sleep(0.2)
    check(" mm" in (browser.run("document.querySelector('#marks text')?.textContent") or ""), "the keyboard measures")
    check(text(browser, "readout").startswith("column"), "and reads values")
    browser.key("Escape")
    browser.key("?")
    check(browser.run("document.getElementById('help').open"), "? tells the keys")
    time.sleep(0.2)
    browser.shoot(output / "keys.png")
    browser.key("Escape")
    set_value(browser, "filter", "", "input")


def tab_to(browser, identifier):
    """Whether Tab comes to an element."""
    for _ in range(60):
        if browser.run("document.activeElement.id") == identifier:
            return True
        browser.key("Tab")
    return False


def task_by_keyboard(browser):
    """From the list to the download without a mouse."""
    check(tab_to(browser, "model"), "Tab reaches the model")
    for letter in "bicubic":
        browser.key(letter)
    check(browser.run("document.getElementById('model').value") == "bicubic", "typing chooses a model")
    check(tab_to(browser, "enlarge"), "Tab reaches the button that enlarges")
    browser.run("document.getElementById('download').hidden = true")
    browser.key("Enter")
    browser.until("document.getElementById('label-right').textContent.startsWith('bicubic')", 60)
    check(tab_to(browser, "download"), "Tab reaches the download")
    set_value(browser, "model", "auto")


def samples(browser):
    choose(browser, "marked lesion")
    set_value(browser, "model", "srflow-mri")
    set_value(browser, "scale", "4")
    check(browser.run("document.getElementById('samples-row').offsetParent !== null"), "a model that draws offers samples")
    set_value(browser, "samples", "4")
    check(browser.run("document.getElementById('trust-row').offsetParent === null"), "and no bound beside them")
    browser.run("document.getElementById('enlarge').click()")
    browser.until("document.getElementById('sample-row').offsetParent", 300)
    measure(f"samples: {text(browser, 'progress-text')}")
    set_value(browser, "overlay", "deviation")
    browser.until("!document.getElementById('bar').hidden")
    browser.run("document.querySelector('input[value=result]').click()")
    browser.mouse("mouseMoved", *browser.middle("#canvas"))
    check("samples differ by" in text(browser, "readout"), "where samples differ is read: " + text(browser, "readout"))
    check("mean of 4 samples" in text(browser, "label-right"), "the result is said to be their mean")
    browser.shoot(output / "samples.png")
    browser.run("document.getElementById('canvas').focus()")
    start = time.monotonic()
    for number in range(1, 5):
        browser.key("X")
        browser.until(f"document.getElementById('label-right').textContent.endsWith('sample {number} of 4')")
    measure(f"four samples gone through in {time.monotonic() - start:.1f} s")
    check("sample 4 " in text(browser, "readout"), "a sample's values are read")
    browser.key("X")
    browser.until("document.getElementById('label-right').textContent.endsWith('mean of 4 samples')")
    set_value(browser, "overlay", "none")
    set_value(browser, "samples", "")
    set_value(browser, "model", "auto")
    browser.run("document.querySelector('input[value=slider]').click()")


def drop(browser, name, contents):
    browser.run(
        "(() => { const files = new DataTransfer();"
        f"files.items.add(new File([{contents}], {json.dumps(name)}));"
        "document.dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true })); })()")


def bad_drops(browser):
    count = "document.querySelectorAll('#list button').length"
    before = browser.run(count)
    for name, contents, words in (
            ("broken.dcm", "new Uint8Array([1, 2, 3])", "broken.dcm"),
            ("../../text.png", "'hello'", "text.png: "),
            ("large.png", f"new Uint8Array({LARGEST + 1})", "larger than")):
        drop(browser, name, contents)
        browser.until("!['', 'Taking'].includes(document.getElementById('message').textContent.split(' ')[0])")
        said = text(browser, "message")
        check(words in said and "\n" not in said, f"refused in a line: {said}")
        browser.run("document.getElementById('message').textContent = ''")
    check(browser.run(count) == before, "nothing that was refused is listed")
    # The browser tells its console of each refusal, which is right.
    browser.events = []


def stopping(browser):
    choose(browser, "5/5mm")
    set_value(browser, "scale", "4")
    browser.run("document.getElementById('trust').checked = false; document.getElementById('enlarge').click()")
    browser.until("document.getElementById('stop').offsetParent")
    # Not longer: an idle machine is done within a second.
    time.sleep(0.2)
    browser.shoot(output / "progress.png")
    start = time.monotonic()
    browser.run("document.getElementById('canvas').focus()")
    browser.key("Escape")
    browser.until("!document.getElementById('stop').offsetParent")
    measure(f"stopped {time.monotonic() - start:.1f} s after Escape: {text(browser, 'progress-text')}")
    check("Stopped" in text(browser, "progress-text"), "Escape stops what is being made")


def accessibility(browser):
    nodes = browser.page("Accessibility.getFullAXTree")["nodes"]
    lines, nameless = [], []
    controls = {"button", "checkbox", "radio", "slider", "combobox", "spinbutton", "searchbox", "textbox", "link",
                "application", "progressbar"}
    for node in nodes:
        role, name = node.get("role", {}).get("value", ""), node.get("name", {}).get("value", "")
        if node.get("ignored") or role in ("none", "StaticText", "InlineTextBox", "generic", "MenuListPopup"):
            continue
        lines.append(f"{role}: {name}")
        if role in controls and not name:
            nameless.append(role)
    (output / "accessibility.txt").write_text("\n".join(lines) + "\n")
    check(not nameless, f"every control has a name for a screen reader {nameless}")
    check(any(line.startswith("application: ") and "slice" in line for line in lines), "and the image tells what it shows")


def phone(browser, address):
    browser.size(390, 844, touch=True)
    browser.go(address)
    browser.until("performance.getEntriesByName('first-image').length")
    check(browser.run("document.documentElement.scrollWidth") <= 390, "nothing is wider than a phone")
    browser.run("document.getElementById('show-images').click()")
    time.sleep(0.3)
    browser.shoot(output / "phone-images.png")
    choose(browser, "marked lesion")
    browser.until("document.getElementById('download').hidden === false", 30)
    browser.run("document.getElementById('fit').click()")
    browser.run("document.getElementById('show-controls').click()")
    time.sleep(0.3)
    browser.shoot(output / "phone-controls.png")
    browser.run("document.getElementById('show-controls').click()")
    # Not on the slider's handle.
    x, y = (place - 60 for place in browser.middle("#canvas"))
    for kind, spread in (("touchStart", 40), ("touchMove", 70), ("touchMove", 100)):
        points = [{"x": x - spread, "y": y, "id": 1}, {"x": x + spread, "y": y, "id": 2}]
        browser.page("Input.dispatchTouchEvent", type=kind, touchPoints=points)
    browser.page("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    before = browser.run("document.getElementById('width').value")
    browser.page("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y, "id": 1}])
    for step in range(1, 6):
        browser.page("Input.dispatchTouchEvent", type="touchMove", touchPoints=[{"x": x + 8 * step, "y": y, "id": 1}])
    browser.page("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    time.sleep(0.3)
    check(browser.run("document.getElementById('width').value") != before, "a finger windows")
    browser.shoot(output / "phone.png")


def crowd(address, process):
    """Twenty clients that each load the page and ten slices."""
    base, key = address.split("?")
    base = base.rstrip("/")
    with urllib.request.urlopen(f"{base}/api/stacks?{key}") as answer:
        stacks = json.load(answer)["stacks"]
    series = next(stack["id"] for stack in stacks if stack["files"] == folder.SLICES)

    def client(number):
        for path in ["/", "/page/main.js", "/api/stacks"] + [f"/api/stacks/{series}/slices/{9 * number + n}" for n in range(9)]:
            with urllib.request.urlopen(f"{base}{path}?{key}") as answer:
                answer.read()
        return 12

    before = memory(process)
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        count = sum(pool.map(client, range(20)))
    measure(f"20 clients, {count} requests in {time.monotonic() - start:.1f} s; memory {before} MB before, {memory(process)} MB after")


def memory(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) // 1024


def main():
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as place:
        images = pathlib.Path(place) / "images"
        folder.make(scans, images)
        process = subprocess.Popen([fovea, "serve", images, "--max-upload", "4MB"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        address = process.stdout.readline().strip()
        measure(f"memory {memory(process)} MB at the beginning")
        browser = Browser()
        try:
            desk(browser, address)
            ruler(browser)
            bound(browser)
            series(browser)
            keyboard(browser)
            task_by_keyboard(browser)
            samples(browser)
            stopping(browser)
            accessibility(browser)
            phone(browser, address)
            crowd(address, process)
            check(browser.complaints() == [], f"the browser complains of nothing {browser.complaints()}")
            bad_drops(browser)
        finally:
            browser.close()
            process.send_signal(signal.SIGINT)
            start = time.monotonic()
            process.wait(20)
            measure(f"ended {time.monotonic() - start:.1f} s after Ctrl-C")
            check(process.returncode == 0, "Ctrl-C ends it well")
    (output / "measured.txt").write_text("\n".join(measured) + "\n")
    print(f"{output}: screenshots, accessibility.txt, measured.txt")
    sys.exit(1 if failures else 0)


main()
