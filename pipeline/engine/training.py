"""One training: the network with its average, optimiser and history; an epoch of it; resuming from a checkpoint."""

import math
from collections.abc import Iterable, Iterator

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import LightningEnvironment
from timm.utils import ModelEmaV3

from pipeline.contracts import Network, Task
from pipeline.engine.device import gpu_unusable
from pipeline.engine.optimiser import learning_rate_share, optimiser_of, set_learning_rate
from pipeline.errors import UserError, reason
from pipeline.losses.balance import Balance, balanced
from pipeline.losses.gradients import gradient_cosines, shared_parameters
from pipeline.settings import Config

SCALED = "16-mixed"  # whose gradients are scaled, lest they vanish


def precision_of(config: Config) -> str:
    """Fabric's name of the precision. `auto` mixes precisions on a GPU only: most CPUs get slower by it."""
    if torch.cuda.is_available() and config.optim.amp == "auto":
        return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else SCALED
    return "bf16-mixed" if config.optim.amp == "bf16" else "32-true"


def fabric_for(config: Config) -> Fabric:
    """One GPU where there is one, else the CPU."""
    alone = LightningEnvironment()  # not that of a cluster's job, whose tasks would be taken for parts of one training
    return Fabric(accelerator="auto", devices=1, precision=precision_of(config), plugins=[alone])


def balance_of(task: Task, config: Config) -> Balance | None:
    """What weighs the losses against each other; None where nothing does.

    Raises:
        UserError: there is no such balance, there are not two losses, or gradients are compared that are scaled.
    """
    optim = config.optim
    balance = balanced(optim.balance, list(getattr(task.loss(config), "weights", {})))
    comparing = [f"optim.balance {optim.balance}"] if balance and balance.of_gradients else []
    comparing += ["optim.gradients"] if optim.gradients else []
    if comparing and precision_of(config) == SCALED:
        raise UserError(
            f"{' and '.join(comparing)}: gradients cannot be compared where they are scaled, in 16-bit precision, and "
            "this GPU has no bfloat16; add --optim.amp off."
        )
    return balance


COUNTED = ("epoch", "step", "best", "lines")
CODE = (  # that decides what a training gives, beside the task's
    *("engine/fit.py", "engine/training.py", "engine/optimiser.py", "settings.py"),
    *("losses/balance.py", "losses/gradients.py"),
    *("dataset/loader.py", "dataset/images.py", "dataset/pixels.py"),
)


class Training:
    """Everything that changes while training. Every epoch is seeded by itself, so `last.ckpt` needs no random state.

    Attributes:
        network: the raw weights; average: their moving average, or None.
        epoch: epochs done; step: steps done; lines: metrics of each epoch; best: of the figure that selects.
    """

    def __init__(self, task: Task, config: Config, network: Network, steps_an_epoch: int) -> None:
        self.config, self.steps_an_epoch = config, steps_an_epoch
        self.fabric = fabric_for(config)
        self.network = network.to(memory_format=torch.channels_last)
        self.loss, self.balance = task.loss(config), balance_of(task, config)
        self.weights: dict[str, float] = getattr(self.loss, "weights", {})
        try:
            beside = self.balance.to(self.fabric.device).learnt() if self.balance else ()
            self.optimiser = optimiser_of(self.network, config.optim, beside)
            self.wrapped, self.wrapped_optimiser = self.fabric.setup(self.network, self.optimiser)
        except RuntimeError as error:
            raise gpu_unusable(error) from error
        decay = config.optim.ema_decay
        self.average = ModelEmaV3(self.network, decay=decay, use_warmup=True) if decay else None
        self.scaled = self.fabric.strategy.precision.precision == SCALED  # whose scaler meets infinities itself
        self.epoch, self.step, self.best, self.lines, self.loss_names = 0, 0, None, [], []
        self.gradients: dict[str, float] = {}

    def run_epoch(self, batches: Iterable, tick: Iterator) -> dict[str, float]:
        """Train on batches of named tensors, `image` uint8 (b, 3, h, w) among them; `tick` is advanced once a step.

        Returns the means of the loss and its parts, and where they are balanced of their weights, `weight_<part>`; with
        optim.gradients also the first batch's `norm_<part>` and `cosine_<part>_<part>`.

        Raises:
            UserError: the loss or its gradient is no longer a finite number, or the GPU's memory is full.
        """
        torch.manual_seed(self.config.seed * 100_003 + self.epoch)
        self.wrapped.train()
        sums: dict[str, float] = {}
        self.gradients = {}
        count = 0
        for batch in batches:
            count += 1
            try:
                values = self._one_step(batch)
            except torch.OutOfMemoryError as error:
                size = self.config.optim.batch_size
                raise UserError(f"out of GPU memory; try a lower --optim.batch-size than {size}.") from error
            sums = {name: sums.get(name, 0.0) + value for name, value in values.items()}
            next(tick, None)
        self.epoch += 1
        means = {name: total / count for name, total in sums.items()}
        if self.balance:
            weighted = [weight * means[name] for name, weight in self.weights.items()]
            self.balance.end_epoch(torch.tensor(weighted, device=self.fabric.device))
        return means | self.gradients

    def _one_step(self, batch: dict[str, torch.Tensor]) -> dict[str, float]:
        optim = self.config.optim
        steps = optim.epochs * self.steps_an_epoch
        set_learning_rate(
            self.optimiser, learning_rate_share(self.step, steps, round(optim.warmup_epochs * self.steps_an_epoch))
        )
        batch = {name: tensor.to(self.fabric.device, non_blocking=True) for name, tensor in batch.items()}
        image_bchw = (batch["image"].float() / 255).contiguous(memory_format=torch.channels_last)
        given = (image_bchw, batch) if getattr(self.network, "wants_batch", False) else (image_bchw,)
        loss, parts = self.loss(self.wrapped(*given), batch)
        values = {"loss": loss.item()} | {name: part.item() for name, part in parts.items()}
        if not math.isfinite(values["loss"]):
            raise UserError(self._diverged(values))
        self.loss_names = list(parts)
        self.wrapped_optimiser.zero_grad()
        weights = self._backward(loss, parts)
        norm = self.fabric.clip_gradients(
            self.wrapped, self.wrapped_optimiser, max_norm=optim.clip_norm, error_if_nonfinite=False
        )
        if not self.scaled and not math.isfinite(norm):
            raise UserError(self._diverged(values | {"gradient norm": float(norm)}))
        self.wrapped_optimiser.step()
        self.step += 1
        if self.average:
            self.average.update(self.network, step=self.step)
        return values | weights

    def _backward(self, loss: torch.Tensor, parts: dict[str, torch.Tensor]) -> dict[str, float]:
        """Put the step's gradients into the parameters; the weights of balanced losses, to log."""
        compared = self.config.optim.gradients and not self.gradients
        if compared or self.balance:
            weighted = {name: weight * parts[name] for name, weight in self.weights.items()}
            shared = shared_parameters(self.network)
        if compared:
            self.gradients = gradient_cosines(weighted, shared, self.fabric.backward)
        if not self.balance:
            self.fabric.backward(loss)
            return {}
        weights_k = self.balance.backward(list(weighted.values()), shared, self.fabric.backward)
        return {f"weight_{name}": weight for name, weight in zip(weighted, weights_k.tolist(), strict=True)}

    def _diverged(self, values: dict[str, float]) -> str:
        parts = ", ".join(f"{name} {value:g}" for name, value in values.items())
        where = f"epoch {self.epoch + 1}, step {self.step + 1}"
        return (
            f"training diverged: {parts} at {where}. Checkpoints of the {self.epoch} epochs before are kept. "
            f"Try a lower --optim.lr than {self.config.optim.lr:g} or a longer --optim.warmup-epochs, "
            "with a new --run or --overwrite."
        )

    def state(self) -> dict:
        """Everything that resuming needs."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.module.state_dict() if self.average else None,
            "optimiser": self.optimiser.state_dict(),
            "balance": self.balance.state_dict() if self.balance else None,
            "precision": self.fabric.strategy.precision.state_dict(),  # the scale of 16-bit gradients
            **{name: getattr(self, name) for name in COUNTED},
        }

    def restore(self, state: dict) -> None:
        """Go on from what `state` gave. Raises UserError where it is of another network or another version."""
        try:
            self.network.load_state_dict(state["network"])
            if self.average:
                self.average.module.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
            if self.balance:
                self.balance.load_state_dict(state["balance"])
            self.fabric.strategy.precision.load_state_dict(state["precision"])
            for name in COUNTED:
                setattr(self, name, state[name])
        except (KeyError, RuntimeError, ValueError, TypeError, AttributeError) as error:
            raise UserError(
                f"the checkpoint is of another network or another version ({reason(error, 200)}); "
                "start again with another --run, or delete this one."
            ) from error
