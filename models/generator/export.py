"""Write what ships: `python -m calipers.models.generator.export TRAINING_DIR`.

The averaged weights as float16 safetensors, the linear components, the rhythms' distributions, and a manifest with
the SHA-256 of each file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path

import torch

from calipers.models.generator.codec import WEIGHTS
from calipers.models.generator.generator import FILES, NETWORKS


def export(training: Path, out: Path) -> None:
    """Copy and convert."""
    from safetensors.torch import save_file

    out.mkdir(parents=True, exist_ok=True)
    manifest: dict[str, object] = {}
    for name in NETWORKS:
        held = torch.load(training / f"{name}.pt", map_location="cpu", weights_only=True)
        save_file(
            {key: value.half().contiguous() for key, value in held["average"].items()}, out / f"{name}.safetensors"
        )
        manifest[name] = held["config"]
        manifest[f"{name}_steps"] = held["step"]
        shutil.copy(training / f"{name}_train_log.jsonl", out / f"{name}_train_log.jsonl")
    for name in FILES[len(NETWORKS) :]:
        shutil.copy(training / name, out / name)
    manifest["sha256"] = {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in FILES}
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Command line of this stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("training", type=Path)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    chosen = parser.parse_args()
    export(chosen.training, chosen.out)


if __name__ == "__main__":
    main()
