"""What is said of a picture that became a `.kq` file, however it was read."""

from __future__ import annotations

import argparse
from dataclasses import fields

from kqformat.batch.facts import EncodedFacts
from kqformat.batch.jobs import Job
from kqformat.cli.console import input_name, output_name, plural


def told_facts(job: Job, facts: EncodedFacts, options: argparse.Namespace) -> str:
    """Return what is said of a file: a line, or with --json an object of the facts."""
    if options.json:
        import json

        plain = {each.name: getattr(facts, each.name) for each in fields(EncodedFacts)}
        return json.dumps({"input": job.source, "output": job.target} | plain)
    return _line(job, facts)


def _line(job: Job, facts: EncodedFacts) -> str:
    fidelity = "lossless" if facts.psnr is None else f"{facts.psnr:.2f} dB"
    coding = "" if facts.coding == "packed" else f"{facts.coding}, "
    first = f", first of {facts.frames} frames" if facts.frames != 1 else ""
    return (
        f"{input_name(job.source)} -> {output_name(job.target)}: "
        f"{plural(facts.colors, 'colour')}, {plural(facts.index_bits, 'bit')}, {coding}"
        f"{facts.file_bytes:,} bytes, {facts.ratio:.2f}:1 to 24-bit, "
        f"{facts.source_ratio:.2f}:1 to source, {fidelity}{first}"
    )
