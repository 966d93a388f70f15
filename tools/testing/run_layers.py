# SPDX-License-Identifier: Apache-2.0
"""Runs test layers and sums them up. `./test` is the way to call it; it installs what is missing first."""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from results import Counts, from_ctest, from_junit, from_tap, one

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
REPORTS = BUILD / "reports"
PYTHON = "/usr/bin/python3"
CORES = str(len(os.sched_getaffinity(0)))

LAYERS = {
    "unit": "behaviour of each module",
    "sim": "the whole core in simulated worlds",
    "contract": "each port against each of its implementations",
    "pcaps": "captured conversations, replayed before the core",
    "daemon": "the real daemon on a simulated host, whose clock the tests move",
    "dns": "updates of the DNS at real name servers",
    "netns": "the real programs in network namespaces",
    "lint": "purity, includes, licences, layout, the tests that documents name, and the scripts' own tests",
}
CTEST_LAYERS = ["unit", "contract", "sim", "pcaps"]
# They wait more than they work, and run beside the layers before them, whose output comes first.
BESIDE = ["contract", "daemon", "dns"]
# Their tests demand that programs end with 0, which a finding does not, or read what they said.
SANITIZED_IN_PYTHON = ["daemon", "dns", "netns"]
# Undefined behaviour ends the program then, as what is wrong with addresses does, and does not leave a line alone.
SANITIZERS = {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
# What `netns` needs of the build. It waits most of all, and runs beside the rest of it.
PROGRAMS = ["tspd", "tspctl", "tsp-connect", "tsp-load"]
THOROUGH = {
    "fuzz": "parsers and command sequences on random input",
    "browser": "the console in a browser",
    "determinism": "the simulated world's traces with both compilers, optimised and not",
    "sanitized": "all of these layers with address and undefined behaviour sanitizers",
    "packages": "the Debian packages: built, and installed into a fresh system",
    "threads": "the adapters, which alone have threads, with the thread sanitizer",
}
ON_REQUEST = {
    "vm": "the kernel module, in virtual machines with Debian's kernels",
}
EVERY_LAYER = {**LAYERS, **THOROUGH, **ON_REQUEST}
NEED_NO_BUILD = {"fuzz", "vm"}
NEED_LITTLE = {"browser": ["tspd-sim"]}  # others are tests of everything
LINT_CHECKS = ["purity", "includes", "spdx", "text", "format", "shell", "conformance", "captures", "events", "openapi"]


def say(text):
    print(text, flush=True)


def runs(*command, **options):
    """Whether a command, whose output is shown, ends with 0."""
    return subprocess.run([str(word) for word in command], cwd=ROOT, **options).returncode == 0


def build(preset, *targets):
    return runs(ROOT / "tools" / "build", preset, *targets)


def list_ctest(label, build_folder):
    """The tests of ctest with a label: their names, and the words of their commands."""
    listing = subprocess.run(
        ["ctest", "--test-dir", build_folder, "-L", f"^{label}$", "--show-only=json-v1"], capture_output=True, text=True
    )
    tests = json.loads(listing.stdout).get("tests", []) if listing.returncode == 0 else []
    if not tests:
        say(f"no test has the label {label}")
    # A program that was not built has no command.
    return {test["name"]: test.get("command", [test["name"]]) for test in tests}


def run_ctest(layer, build_folder, log=None, **environment):
    """Runs the tests of ctest with the label `layer`, whose output may go into a file; none at all is a failure."""
    tests = list_ctest(layer, build_folder)
    if not tests:
        return one(passed=False)
    programs = {name: pathlib.Path(command[0]).name for name, command in tests.items()}
    folder = REPORTS / build_folder.name / layer
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    junit = folder / "ctest.xml"
    runs(
        "ctest", "--test-dir", build_folder, "-L", f"^{layer}$", "--output-on-failure", "--output-junit", junit,
        "-j", CORES, env=dict(os.environ, GTEST_OUTPUT=f"json:{folder}/", **environment), stdout=log, stderr=log,
    )  # fmt: skip
    return from_ctest(junit.read_text(), programs, folder) if junit.exists() else one(passed=False)


def run_pytest(folder, name, *options, **where):
    junit = REPORTS / f"{name}.xml"
    junit.unlink(missing_ok=True)
    ended_well = runs(PYTHON, "-B", "-m", "pytest", "-q", f"--junit-xml={junit}", "--rootdir", folder, "-c",
                      folder / "pytest.ini", folder, *options, **where)  # fmt: skip
    counts = from_junit(junit.read_text()) if junit.exists() else Counts()
    return counts if ended_well or counts.failed else counts + one(passed=False)


def run_tests_in_folder(layer, **where):
    return run_pytest(ROOT / f"{layer}-tests", layer, *options_for(layer), **where)


def options_for(layer):
    # For namespaces several at once: they wait for packets, and for time to pass.
    return ["-n", "4", "--dist", "loadfile"] if layer == "netns" else []


def run_tests_with_programs(layer, build_folder):
    """The same with the programs of another build, and with a report of its own."""
    environment = dict(os.environ, **SANITIZERS, TSPBROKER_BIN=str(build_folder / "bin"), TSPBROKER_PATIENCE="3")
    name = f"{build_folder.name}-{layer}"
    return run_pytest(ROOT / f"{layer}-tests", name, *options_for(layer), env=environment)


def run_beside(layer):
    """What it says is kept until it is its turn."""
    with open(REPORTS / f"{layer}.log", "w") as log:
        if layer in CTEST_LAYERS:
            return run_ctest(layer, BUILD, log)
        return run_tests_in_folder(layer, stdout=log, stderr=log)


def start_beside(layers):
    """The layers, two at a time."""
    pool = ThreadPoolExecutor(2)
    return {layer: pool.submit(run_beside, layer) for layer in layers}


def build_for(layers):
    """Builds what the layers need, and starts those that can run meanwhile. None: the build failed."""
    beside = {}
    if {"netns", "unit"} <= set(layers):
        if not build("default", *PROGRAMS):
            return None
        beside = start_beside(["netns"])
    building = set(layers) - NEED_NO_BUILD
    targets = [] if building - NEED_LITTLE.keys() else [each for layer in building for each in NEED_LITTLE[layer]]
    if building and not build("default", *targets):
        return None
    if "sim" in layers:
        beside |= start_beside([layer for layer in BESIDE if layer in layers])
    return beside


def run_fuzz(seconds):
    """Each target over its corpus and then on new input for some seconds."""
    folder = ROOT / "build-fuzz"
    tests = list_ctest("fuzz", folder) if build("fuzz", "fuzz/all") else {}
    if not tests:
        return one(passed=False)
    with ThreadPoolExecutor(int(CORES)) as pool:
        return sum(pool.map(lambda name: run_fuzz_target(folder / "bin" / name, seconds), tests), Counts())


def run_fuzz_target(program, seconds):
    name = program.name.removeprefix("fuzz_")
    found = REPORTS / "fuzz" / program.name
    found.mkdir(parents=True, exist_ok=True)
    words = [program, f"-max_total_time={seconds}", f"-artifact_prefix={found}/"]
    dictionary = ROOT / "fuzz" / "dictionaries" / f"{name}.dict"
    if dictionary.exists():
        words.append(f"-dict={dictionary}")
    words += [found, ROOT / "fuzz" / "corpus" / name]
    result = subprocess.run(words, capture_output=True, text=True, errors="replace")
    passed = result.returncode == 0
    say(f"{program.name}: ok" if passed else f"{program.name}: FAILED\n{result.stderr[-4000:]}")
    return one(passed)


def run_lint(thorough):
    counts = Counts()
    checks = {check: [BUILD] if check == "purity" else [] for check in LINT_CHECKS}
    if thorough and runs("cmake", "--preset", "tidy", "--log-level=WARNING", stdout=subprocess.DEVNULL):
        checks["tidy"] = [ROOT / "build-tidy"]
    elif thorough:
        counts += one(passed=False)
    for check, arguments in checks.items():
        passed = runs(PYTHON, "-B", ROOT / "tools" / "lint" / f"{check}.py", *arguments)
        say(f"{check}: {'ok' if passed else 'FAILED'}")
        counts += one(passed)
    for folder in ("lint", "testing"):
        counts += run_pytest(ROOT / "tools" / folder, folder)
    return counts


def run_sanitized():
    """The C++ layers once more, built by clang with sanitizers, and with a fifth of the simulated sessions; then what
    is tested in Python, where programs are slower and may take longer."""
    if not build("sanitize"):
        return one(passed=False)
    folder = ROOT / "build-sanitize"
    counts = sum((run_ctest(layer, folder, TSP_SIM_SESSIONS="20000", **SANITIZERS) for layer in CTEST_LAYERS), Counts())
    return sum((run_tests_with_programs(layer, folder) for layer in SANITIZED_IN_PYTHON), counts)


def run_threads():
    """The tests of the Linux adapters, built by clang with the thread sanitizer."""
    if not build("tsan", "adapters/linux/all"):
        return one(passed=False)
    folder = ROOT / "build-tsan" / "adapters" / "linux"
    return sum((run_ctest(layer, folder) for layer in ("unit", "contract")), Counts())


def run_browser():
    """The tests in JavaScript, with what npm has for them; it downloads no browser."""
    folder = ROOT / "browser-tests"
    report = REPORTS / "browser.tap"
    report.unlink(missing_ok=True)
    if not runs("npm", "--prefix", folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"):
        return one(passed=False)
    ended_well = runs(
        "node", "--test", "--test-reporter=spec", "--test-reporter-destination=stdout", "--test-reporter=tap",
        f"--test-reporter-destination={report}", *sorted(folder.glob("*.test.js")),
    )  # fmt: skip
    counts = from_tap(report.read_text()) if report.exists() else Counts()
    return counts if ended_well or counts.failed else counts + one(passed=False)


def run_determinism():
    """One seed, one trace: with both compilers, with and without optimisation."""
    traces = {}
    for preset, folder in [("default", "build"), ("debug", "build-debug"), ("clang", "build-clang"),
                           ("clang-debug", "build-clang-debug")]:  # fmt: skip
        if not build(preset, "broker-sim"):
            return one(passed=False)
        lines = []
        for seed in range(1, 11):
            words = [ROOT / folder / "bin" / "broker-sim", "--seed", str(seed)]
            lines.append(subprocess.run(words, capture_output=True, text=True).stdout.splitlines()[-1])
        traces[preset] = lines
    wanted = traces["default"]
    counts = Counts()
    for preset, lines in traces.items():
        same = lines == wanted and all("trace" in line for line in lines)
        say(f"{preset}: {'the same traces' if same else 'OTHER traces: ' + str(lines)}")
        counts += one(same)
    return counts


def run_layer(layer, thorough):
    if layer in CTEST_LAYERS:
        return run_ctest(layer, BUILD)
    if layer == "fuzz":
        return run_fuzz(60 if thorough else 10)
    if layer in ("daemon", "dns", "netns"):
        return run_tests_in_folder(layer)
    if layer == "browser":
        return run_browser()
    if layer == "packages":
        return run_pytest(ROOT / "package-tests", "packages")
    if layer == "vm":
        built = build("default", "linux_utun_contract_test", *PROGRAMS)
        options = ["-n", CORES, *(["--thorough"] if thorough else [])]
        return run_pytest(ROOT / "vm-tests", "vm", *options) if built else one(passed=False)
    if layer == "determinism":
        return run_determinism()
    if layer == "sanitized":
        return run_sanitized()
    if layer == "threads":
        return run_threads()
    return run_lint(thorough)


def parse_arguments():
    described = "\n".join(f"  {name:10} {text}" for name, text in LAYERS.items())
    described += "\n\nonly with --all, or when named:\n"
    described += "\n".join(f"  {name:10} {text}" for name, text in THOROUGH.items())
    described += "\n\nonly when named:\n"
    described += "\n".join(f"  {name:10} {text}" for name, text in ON_REQUEST.items())
    parser = argparse.ArgumentParser(
        prog="./test",
        usage="./test [--all] [LAYER…]",
        description="Builds and runs test layers; without a name, all of them.",
        epilog=f"layers:\n{described}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--all", action="store_true",
                        help="with clang-tidy, longer fuzzing, traces compared across compilers, sanitizers; "
                             "vm: with every kernel, and for hours")  # fmt: skip
    parser.add_argument("layers", nargs="*", metavar="LAYER")
    arguments = parser.parse_args()
    for layer in arguments.layers:
        if layer not in EVERY_LAYER:
            parser.error(f"no layer {layer}; there are {', '.join(EVERY_LAYER)}")
    return arguments


def main():
    arguments = parse_arguments()
    layers = arguments.layers or [*LAYERS, *(THOROUGH if arguments.all else [])]
    REPORTS.mkdir(parents=True, exist_ok=True)
    say("== build")
    start = time.monotonic()
    summary = {}
    beside = build_for(layers)
    if beside is None:
        say("the build failed")
        summary = {layer: one(passed=False) for layer in layers}
        layers = []
    say(f"   {time.monotonic() - start:.0f} s")
    for layer in layers:
        say(f"\n== {layer}: {EVERY_LAYER[layer]}")
        start = time.monotonic()
        if layer in beside:
            summary[layer] = beside[layer].result()
            say((REPORTS / f"{layer}.log").read_text())
        else:
            summary[layer] = run_layer(layer, arguments.all)
        say(f"   {layer}: {summary[layer]} in {time.monotonic() - start:.0f} s")
    say("")
    for layer, counts in summary.items():
        say(f"{layer:10} {counts}")
    total = sum(summary.values(), Counts())
    say(str(total))
    sys.exit(1 if total.failed or not total.passed else 0)


if __name__ == "__main__":
    main()
