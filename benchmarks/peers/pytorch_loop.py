"""A plain PyTorch loop for the same CNN, in channels-last format and bfloat16 by autocast."""

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from benchmarks.cases import CONVOLUTIONAL
from benchmarks.peers import shared
from benchmarks.peers.shared import Task
from fmnist.data.fashion_mnist import CLASS_NAMES, FloatImages, Labels
from fmnist.study.networks import CNN

EVALUATION_BATCH = 500
STOPPING_PATIENCE = 20


def layers(config: CNN) -> Iterator[nn.Module]:
    """The layers as in fmnist/training/models.py; `ceil_mode` pools like Keras's padding "same"."""
    channels, side = 1, 28
    momentum = 1 - config.batch_normalization_momentum  # the weight of the new, not of the old
    for filters in config.filters:
        yield nn.Conv2d(channels, filters, 3, padding=1)
        yield nn.ReLU()
        yield nn.BatchNorm2d(filters, eps=1e-3, momentum=momentum)
        yield nn.MaxPool2d(2, ceil_mode=True)
        yield nn.Dropout(config.dropout)
        channels, side = filters, -(-side // 2)
    yield nn.Flatten()
    yield nn.Linear(channels * side * side, len(CLASS_NAMES))


def tensors(images: FloatImages, labels: Labels) -> tuple[Tensor, Tensor]:
    """Images (n, 1, 28, 28) in channels-last format, and labels (n,)."""
    scaled = torch.from_numpy(images).unsqueeze(1).contiguous(memory_format=torch.channels_last)
    return scaled, torch.from_numpy(labels).long()


def train_epoch(
    model: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor, size: int
) -> None:
    """Train one epoch in a new random order."""
    model.train()
    for batch in torch.randperm(len(labels)).split(size):
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
        loss.backward()
        optimizer.step()


@torch.inference_mode()
def evaluate(model: nn.Module, images: Tensor, labels: Tensor) -> tuple[float, float]:
    """The mean loss and the accuracy on images."""
    model.eval()
    with torch.autocast("cpu", torch.bfloat16):
        outputs = torch.cat([model(batch) for batch in images.split(EVALUATION_BATCH)]).float()
    accuracy = (outputs.argmax(1) == labels).float().mean()
    return float(nn.functional.cross_entropy(outputs, labels)), float(accuracy)


def train(task: Task, model: nn.Module) -> list[float]:
    """Train with early stopping and plateau; returns the validation accuracy of each epoch."""
    images, labels = tensors(task.split.train_images, task.split.train_labels)
    validation = tensors(*task.validation)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=10, cooldown=2)
    accuracies: list[float] = []
    losses: list[float] = []
    best = model.state_dict()
    while len(losses) < task.epochs and len(losses) - best_epoch(losses) <= STOPPING_PATIENCE:
        train_epoch(model, optimizer, images, labels, task.case.batch_size)
        loss, accuracy = evaluate(model, *validation)
        losses.append(loss)
        accuracies.append(accuracy)
        plateau.step(loss)
        if best_epoch(losses) == len(losses):
            best = copy.deepcopy(model.state_dict())
    model.load_state_dict(best)
    return accuracies


def best_epoch(losses: list[float]) -> int:
    """The epoch of the lowest loss, from 1; 0 if there is none yet."""
    return losses.index(min(losses)) + 1 if losses else 0


if __name__ == "__main__":
    asked = shared.task(*CONVOLUTIONAL)
    clock, histories = shared.Clock(), []
    for trial in asked.trials:
        network = nn.Sequential(*layers(trial.model)).to(memory_format=torch.channels_last)
        histories.append(train(asked, network))
    clock.stop()
    clock.report(sum(map(len, histories)), list(map(max, histories)))
