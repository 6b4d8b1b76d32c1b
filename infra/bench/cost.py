#!/usr/bin/env python3
"""What a month costs with so many devices: calls and request units as the local runner's meter counts them, times AWS's list
prices (us-east-1, on demand, arm64, November 2026; no free tier).

    cost.py --runner BINARY [--write infra/README.md]

Prints the table, or puts it between the file's two comments. What is not measured is assumed, and told under the table.
"""

import argparse
import pathlib
import re

from portal import Runner

ROOT = pathlib.Path(__file__).resolve().parents[2]
# USD. DynamoDB by the request unit and by the GB and month (storage and its 35 days of history), the rest by the piece.
WRITE, READ, STORED = 0.625e-6, 0.125e-6, 0.25 + 0.20
API, LAMBDA, GB_SECOND, KMS_SIGN, LOG_GB = 1.00e-6, 0.20e-6, 0.0000133334, 15.00e-6, 0.50
# Standing idle: K1, the secret, 14 alarms, a dashboard.
IDLE = {"K1": 1.00, "secret": 0.40, "alarms": 1.40, "dashboard": 3.00}
# Assumptions.
FLEETS = (0, 10_000, 10_000_000)
ASKS_A_MONTH = 30  # a device asks again once a day, when it starts
LIFE_MONTHS = 24  # a device is replaced after two years: so many of the fleet are new each month
CALL_MS, CPU_MS, FULL_MB = 5.0, 1.0, 1769  # a call to DynamoDB; CPU of an invocation; the memory that comes with one CPU
LOG_BYTES = 1_300  # our line, API Gateway's, and Lambda's two
DEVICE_BYTES = 2_500  # the binding, its copy in the index, its audit row
RECORDS_A_BATCH = 10  # changes that a job is handed at once
INSTANCES = 20  # of devices-register: each has its issuing key certified once an hour
MANY = 25  # how often each thing is done to be measured


def memory(function):
    """Of a function in template.yaml, in MB."""
    logical_id = "".join(part.capitalize() for part in function.split("-"))
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    globally = re.search(r"^Globals:.*?MemorySize: (\d+)", text, re.S | re.M)[1]
    own = re.search(rf"^  {logical_id}:\n(?:    .*\n|\n)*", text, re.M)[0]
    found = re.search(r"MemorySize: (\d+)", own)
    return int(found[1] if found else globally)


def metered(portal, work):
    """What a piece of work called, by function: calls, read units and write units, of DynamoDB, for each time it was done."""
    portal.call("GET", "/_local/mail")  # Once all that was under way is done.
    portal.call("DELETE", "/_local/meter")
    for number in range(MANY):
        work(number)
    portal.call("GET", "/_local/mail")
    found = {}
    for function, services in portal.call("GET", "/_local/meter?by=function").items():
        counts = services["dynamodb"].values()
        found[function] = {what: sum(count[what] for count in counts) / MANY for what in ("calls", "read_units", "write_units")}
    return found


def lambda_cost(function, calls, invocations=1.0):
    seconds = (calls * CALL_MS + invocations * CPU_MS * FULL_MB / memory(function)) / 1000
    return invocations * LAMBDA + seconds * memory(function) / 1024 * GB_SECOND


def cost_of(used):
    """Of one request: the API, its function, the jobs that follow, their request units, and the logs."""
    cost = API + LOG_BYTES / 1e9 * LOG_GB
    for function, count in used.items():
        cost += count["write_units"] * WRITE + count["read_units"] * READ
        cost += lambda_cost(function, count["calls"], 1 / RECORDS_A_BATCH if function.startswith("stream-") else 1)
    return cost


def measure(runner):
    with Runner(runner) as portal:
        token = portal.vendor()["token"]
        portal.register(token, "WARM")
        new = metered(portal, lambda number: portal.register(token, f"NEW-{number}"))
        known = metered(portal, lambda number: portal.register(token, f"NEW-{number}", f"again-{number}"))
    return new, known


def units(used):
    total = {what: sum(count[what] for count in used.values()) for what in ("read_units", "write_units")}
    return f"{total['write_units']:.1f} write, {total['read_units']:.1f} read"


def table(new, known):
    first, again = cost_of(new), cost_of(known)
    idle = sum(IDLE.values())
    lines = [
        "| devices | standing idle | kept data | starts: known registrations | replaced devices: new registrations | a month | "
        "a device and year |", "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for devices in FLEETS:
        stored = devices * DEVICE_BYTES / 1e9 * STORED
        asks, replaced = devices * ASKS_A_MONTH * again, devices / LIFE_MONTHS * first
        certified = INSTANCES * 730 * KMS_SIGN if devices else 0
        month = idle + stored + asks + replaced + certified
        year = f"{month * 12 / devices:.5f}" if devices else "-"
        lines.append(f"| {devices:,} | {idle:.2f} | {stored:.2f} | {asks:.2f} | {replaced + certified:.2f} | {month:.2f} | {year} |")
    return "\n".join([
        *lines, "",
        f"USD. Measured: a new device is {units(new)} units with its audit row, a known one {units(known)}; so a million new "
        f"registrations cost USD {first * 1e6:.2f}, a million known ones {again * 1e6:.2f}. Assumed: each device asks again "
        f"{ASKS_A_MONTH} times a month and lives {LIFE_MONTHS} months; a call to DynamoDB takes {CALL_MS:.0f} ms and an "
        f"invocation {CPU_MS:.0f} ms of a whole processor; {LOG_BYTES:,} bytes of log a request; {DEVICE_BYTES:,} bytes kept "
        f"a device; a job is handed {RECORDS_A_BATCH} changes at once; {INSTANCES} instances have their keys certified each "
        "hour. Not in it: taxes, data transfer, mails, backups beyond 35 days, and what AWS gives away free.",
    ])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--runner", required=True)
    arguments.add_argument("--write", type=pathlib.Path)
    arguments = arguments.parse_args()
    text = table(*measure(arguments.runner))
    print(text)
    if arguments.write:
        page = arguments.write.read_text(encoding="utf-8")
        begin, end = "<!-- by cargo xtask bench cost -->", "<!-- end of the table -->"
        before, _, rest = page.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise SystemExit(f"{arguments.write} has no place for it: {begin} … {end}")
        arguments.write.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
