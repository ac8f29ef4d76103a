#!/usr/bin/env python3
"""dashboard_test.py CONTRACT_SERVER DASHBOARD

Every metric that the Grafana dashboard asks for is one that a live verifier has, of the type that
the question needs; and every one that it has is shown."""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "api", "contract"))
from live import Connection, Server  # noqa: E402


def questions(panels):
    for panel in panels:
        yield from questions(panel.get("panels", []))
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        dashboard = json.load(file)
    with Server(sys.argv[1]) as server:
        text = Connection(server.admin).ask("GET", "/metrics").body.decode()
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
    samples = set(re.findall(r"^(\w+)(?:{[^}]*})? [0-9.]+$", text, re.M))
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    wrong, asked = [], set()
    if len(lines) != len(re.findall(r"^\w+(?:{[^}]*})? [0-9.]+$", text, re.M)):
        wrong.append("a line of /metrics is not in the text format")
    for title, expression in questions(dashboard["panels"]):
        names = re.findall(r"\bassay_\w+", expression)
        asked.update(names)
        if not names:
            wrong.append(f"{title}: {expression} asks for no metric of ours")
        for name in names:
            family = re.sub(r"_(bucket|sum|count)$", "", name)
            kind = types.get(name) or types.get(family)
            if name not in samples or kind is None:
                wrong.append(f"{title}: there is no {name}")
            elif re.search(rf"(rate|increase)\({name}\b", expression) and kind == "gauge":
                wrong.append(f"{title}: the rate of {name}, which is a gauge")
    unseen = samples - asked
    wrong += [f"nobody sees {name}" for name in sorted(unseen)]
    for each in wrong:
        print("WRONG", each)
    print(f"{len(asked)} metrics asked for, {len(samples)} there are, {len(wrong)} wrong")
    return 1 if wrong or len(asked) < 30 else 0


if __name__ == "__main__":
    sys.exit(main())
