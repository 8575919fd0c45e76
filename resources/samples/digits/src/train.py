"""Learn handwritten digits on as many processes as the job starts: an honest DistributedDataParallel script."""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset


def load_digits():
    """Return 1,437 digits to train on and 360 to test with: images of 1 x 8 x 8 in 0..1, and their labels."""
    with np.load(Path(__file__).with_name("digits.npz")) as data:
        images = torch.from_numpy(data["images"]).float().div(16).unsqueeze(1)
        labels = torch.from_numpy(data["labels"]).long()
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))  # the same on every rank
    return [TensorDataset(images[part], labels[part]) for part in (order[:1437], order[1437:])]


def make_network():
    """Return a small convolutional network."""
    layers = nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
    return nn.Sequential(*layers, nn.Dropout(0.25), nn.Flatten(), nn.Linear(64 * 4 * 4, 10))


def choose_device(local_rank):
    """Return a GPU of its own for every rank, or the CPU for all where there are not enough GPUs."""
    enough = torch.tensor(int(local_rank < torch.cuda.device_count()))
    dist.all_reduce(enough, op=dist.ReduceOp.MIN)
    return torch.device("cuda", local_rank) if enough else torch.device("cpu")


def train_epoch(model, loader, optimizer, device):
    """Go once through this rank's share of the digits; return the sum of its losses."""
    model.train()
    total = 0.0
    for images, labels in loader:
        optimizer.zero_grad()
        loss = cross_entropy(model(images.to(device)), labels.to(device))
        loss.backward()  # here the gradients are averaged over all ranks
        optimizer.step()
        total += loss.item()
    return total


@torch.no_grad()
def count_right(model, dataset, device):
    """Return how many of this rank's test digits are told right, and how many it has: every n-th, none twice."""
    model.eval()
    images, labels = (each[dist.get_rank() :: dist.get_world_size()].to(device) for each in dataset.tensors)
    return (model.module(images).argmax(dim=1) == labels).sum().item(), len(labels)


def log_metrics(metrics, epoch):
    """Print rank 0's figures, and record them with MLflow where Azure ML or Rank Zero say where."""
    if dist.get_rank() == 0:
        print(f"epoch {epoch:2}  " + "  ".join(f"{name} {value:.4f}" for name, value in metrics.items()), flush=True)
        if "MLFLOW_TRACKING_URI" in os.environ:
            import mlflow

            mlflow.log_metrics(metrics, step=epoch)


def save_mlflow_model(network, folder):
    """Save the network with how it is loaded and called, which Azure ML deploys without code of yours."""
    import mlflow.pytorch
    from mlflow.types import Schema, TensorSpec

    digits = np.zeros((2, 1, 8, 8), np.float32)  # more than one, so that any number of them will be taken
    inputs, outputs = (Schema([TensorSpec(digits.dtype, shape)]) for shape in ((-1, 1, 8, 8), (-1, 10)))
    options = {"input_example": digits, "pip_requirements": ["mlflow", f"torch=={torch.__version__.split('+')[0]}"]}
    mlflow.pytorch.save_model(network, folder, signature=mlflow.models.ModelSignature(inputs, outputs), **options)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=12, help="how often to go through the training digits")
    parser.add_argument("--lr", type=float, default=0.002, help="learning rate of Adam")
    parser.add_argument("--batch-size", type=int, default=32, help="digits per process and step")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same model")
    parser.add_argument("--mlflow-model", action="store_true", help="save an MLflow model too, to be deployed as it is")
    args = parser.parse_args()

    dist.init_process_group()  # reads RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT; gloo on CPUs, NCCL on GPUs
    device = choose_device(int(os.environ["LOCAL_RANK"]))
    # in one piece: below torchrun the ranks of a node share one log
    print(f"rank {dist.get_rank()} of {dist.get_world_size()} on {device}\n", end="", flush=True)
    torch.set_num_threads(1)  # the ranks share this machine's cores
    torch.manual_seed(args.seed + dist.get_rank())  # dropout differs from rank to rank, the weights are rank 0's

    training, test = load_digits()
    sampler = DistributedSampler(training, seed=args.seed)
    loader = DataLoader(training, batch_size=args.batch_size, sampler=sampler)
    network = make_network()
    model = DistributedDataParallel(network.to(device), device_ids=[device] if device.type == "cuda" else None)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)

    for epoch in range(1, args.epochs + 1):
        sampler.set_epoch(epoch)  # another order in every epoch
        started = time.perf_counter()
        loss = train_epoch(model, loader, optimizer, device)
        seconds = time.perf_counter() - started
        sums = torch.tensor([loss, len(loader), *count_right(model, test, device)], dtype=torch.float64, device=device)
        dist.all_reduce(sums)  # over all ranks
        loss, steps, right, seen = sums.tolist()
        log_metrics({"loss": loss / steps, "accuracy": right / seen, "step_ms": 1000 * seconds / len(loader)}, epoch)

    if dist.get_rank() == 0:
        Path("outputs").mkdir(exist_ok=True)
        torch.save(network.state_dict(), "outputs/model.pt")
        if args.mlflow_model:
            save_mlflow_model(network.cpu().eval(), "outputs/model")
        print(f"test accuracy {right / seen:.2%} on {len(test)} digits; saved outputs/model.pt", flush=True)
    dist.barrier()  # lets gloo's threads put down the last tensors: one that outlives Python aborts (pytorch#190489)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
