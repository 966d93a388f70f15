# SPDX-License-Identifier: Apache-2.0
"""The results as Markdown: what bench/RESULTS.md is made of."""


def to_markdown(results):
    writers = {"core": _core, "setups": _setups, "start": _start, "forwarding": _forwarding, "bulk": _bulk,
               "visitors": _visitors, "lists": _lists}  # fmt: skip
    parts = [_environment(results)]
    parts += [write(results[part]) for part, write in writers.items() if part in results]
    return "\n\n".join(parts)


def _table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _environment(results):
    e = results["environment"]
    load = [e.get(f"load_average_at_the_{when}") for when in ("beginning", "end")]
    load = " and ".join(f"{value:.1f}" for value in load if value is not None)
    return (
        f"`{results['command']}`\n\n"
        f"{e['processor']}, {e['cores']} cores, Linux {e['kernel']}, {e['file_system']}; load average at the beginning "
        f"and the end: {load}; revision {e['revision']}"
    )


def _core(results):
    rows = []
    for name, values in results.items():
        if "per_second" in values:
            rows.append([name, f"{values['per_second']:,.0f} a second"])
        else:
            rows.append([name, f"{values['bytes_per_tunnel']:,.0f} bytes a tunnel"])
    return "The core alone, on one core (aim: 20,000 DIGEST-MD5 set-ups a second)\n\n" + _table(["what", "result"], rows)


def _setups(results):
    rows = []
    for store, mechanisms in results.items():
        for mechanism, values in mechanisms.items():
            latency = values["latency_ms"]
            rows.append(
                [
                    store,
                    mechanism,
                    f"{values['per_second']:,.0f}",
                    f"{latency['p50']:.0f} / {latency['p99']:.0f}",
                    f"{values['broker_cpu_us']:.0f}",
                    values["retransmissions"],
                ]
            )
    header = ["store", "mechanism", "tunnels a second", "ms, median / 99 %", "CPU of tspd, µs each", "retransmissions"]
    return "tspd over loopback (aim: 3,000 a second)\n\n" + _table(header, rows)


def _start(results):
    rows = [
        ["memory a live tunnel (aim: 2,048)", f"{results['bytes_per_tunnel']:,.0f} bytes"],
        ["the same after a restart", f"{results['bytes_per_tunnel_after_restart']:,.0f} bytes"],
        ["from start to serving (aim: 2 s)", f"{results['seconds_to_serve']:.2f} s"],
    ]
    return f"tspd with {results['leases']:,} leases, each with a live tunnel\n\n" + _table(["what", "result"], rows)


def _forwarding(results):
    lines = []
    for row in results["tspd"]:
        plain, tunnelled = row["plain"], row["tunnelled"]
        lines.append(
            [
                row["segmentation"],
                row["direction"],
                row["bytes"],
                row["pattern"],
                f"{plain['cpu_ns']:,.0f}",
                f"{tunnelled['cpu_ns']:,.0f}",
                f"**{row['cpu_ratio']:.2f}**",
                f"{plain['per_second']:,.0f}",
                f"{tunnelled['per_second']:,.0f}",
                f"{tunnelled['lost']:.2%}",
            ]
        )
    header = ["segmentation", "way", "bytes", "pattern", "plain ns", "tspd ns", "ratio", "plain pps", "tspd pps", "lost"]
    title = "Forwarding: CPU time of the broker's host a packet (aim: bursts 2 x up, 3 x down; interleaved 5 x)"
    return title + "\n\n" + _table(header, lines) + "\n\n" + _bare_loop(results["bare_loop"])


def _bare_loop(rows):
    lines = []
    for row in rows:
        costs = [f"{row[kind]['cpu_ns']:,.0f}" for kind in ("plain", "tunnelled")]
        lines.append([row["direction"], row["bytes"], row["pattern"], *costs, f"**{row['cpu_ratio']:.2f}**"])
    header = ["way", "bytes", "pattern", "plain ns", "bare loop ns", "ratio"]
    return "The least that a forwarder in user space can do here (bench/bare_loop.cc)\n\n" + _table(header, lines)


def _bulk(rows):
    lines = []
    for row in rows:
        plain, tunnelled = row["plain"], row["tunnelled"]
        lines.append(
            [
                row["direction"],
                f"{plain['gbit_per_cpu_second']:.2f}",
                f"{tunnelled['gbit_per_cpu_second']:.2f}",
                f"**{row['cpu_ratio']:.2f}**",
                f"{plain['goodput_gbit']:.2f}",
                f"{tunnelled['goodput_gbit']:.2f}",
            ]
        )
    header = ["way", "plain Gbit a CPU second", "tspd", "ratio", "plain goodput Gbit/s", "tspd"]
    return "TCP, one stream, MTU 1280\n\n" + _table(header, lines)


def _visitors(rows):
    lines = []
    for row in rows:
        for thing, values in row["results"].items():
            lines.append(
                [
                    row["visit"],
                    row["limits"],
                    f"{row['asked_per_second']:,.0f}",
                    f"{row['cpu']['wrk']:.0%} / {row['cpu']['api']:.0%}",
                    thing,
                    *(f"{values[kind]:,.0f}" for kind in ("alone", "flooded", "burnt")),
                    f"**{values['ratio']:.2f}**",
                ]
            )
    header = ["asked for", "limits of a source", "answers a second", "CPU of wrk / API", "what is done", "alone, a second",
              "flooded", "as much CPU burnt", "flooded to burnt"]  # fmt: skip
    return "Strangers flood the API (aim: flooded is no less than burnt)\n\n" + _table(header, lines)


def _lists(results):
    stores = {name: values for name, values in results.items() if name != "accounts"}
    questions = next(iter(stores.values()))
    rows = [[question, *(f"{values[question]['p50']:.1f} / {values[question]['p99']:.1f}" for values in stores.values())]
            for question in questions]  # fmt: skip
    title = f"{results['accounts']:,} accounts: what the API takes, in ms, median / 99 % (aim: 100)"
    return title + "\n\n" + _table(["asked for", *stores], rows)
