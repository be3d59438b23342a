"""The measuring process: `python -P -m pipeline.research.measure` with the worktree's code, asked on its first line.

What it found is a JSON file that it writes after training, and, for people, the last lines that it prints.
"""

import importlib
import json
import os
import sys
import threading
import traceback
import warnings
from pathlib import Path

from pipeline.errors import UserError, reason
from pipeline.files import write_json
from pipeline.research.candidate import BudgetError, config_for, module_of


def main() -> None:
    """Measure the candidate that standard input says, and end with whoever asked, however that ends."""
    warnings.filterwarnings("ignore", category=FutureWarning, module="torch.jit")  # raised inside a library's import
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        found = measured(asked)
    except BudgetError as error:
        found = {"status": "refused", "reason": str(error)}
    except Exception as error:
        traceback.print_exc()
        words = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {reason(error, 300)}"
        found = {"status": "failed", "reason": words}
    write_json(Path(asked["out"]), found)
    for line in last_lines(found):
        print(line)


def measured(asked: dict) -> dict:
    """What the candidate gives, from each seed.

    Args:
        asked: text and path of the candidate; values of the whole config; seeds; data, a folder; images, hashes of its
            rows, or None

    Raises:
        BudgetError: it has values of the budget
        UserError: what else is said in words
    """
    candidate = module_of(asked["candidate"], Path(asked["path"]))
    configs = [config_for(asked["values"] | {"seed": seed}, candidate.VALUES) for seed in asked["seeds"]]
    judged = importlib.import_module("pipeline.research.judged").judged  # torch, which takes seconds: only now
    return {"status": "done", **judged(candidate.network, configs, Path(asked["data"]), asked["images"])}


def last_lines(found: dict) -> list[str]:
    """What was found, a line each as `name: value`; of several seeds the first."""
    if found["status"] != "done":
        return [f"reason: {' '.join(found['reason'].split())}", f"status: {found['status']}"]
    first = found["trainings"][0]
    figures = [f"{name}: {value:.6f}" for name, value in first["figures"].items() if value is not None]
    cost = [f"mparams: {first['mparams']:.4f}", f"gmac: {first['gmac']:.4f}", f"minutes: {first['minutes']:.2f}"]
    return [*figures, *cost, "status: done"]


def _end_with_parent() -> None:
    """Nothing more comes on standard input: it closes with the process that holds its other end."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    main()
