"""Learn handwritten digits on as many processes as the job starts: an honest DistributedDataParallel script."""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

TRAINING = 1437  # four fifths of the digits; the others are kept for the test and never trained on


def load_digits():
    """Return the training and the test digits, as images of 1 x 8 x 8 in 0..1 with their labels."""
    with np.load(Path(__file__).with_name("digits.npz")) as data:
        images = torch.from_numpy(data["images"]).float().div(16).unsqueeze(1)
        labels = torch.from_numpy(data["labels"]).long()
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))  # the same on every rank
    parts = order[:TRAINING], order[TRAINING:]
    return tuple(TensorDataset(images[part], labels[part]) for part in parts)


def choose_device(local_rank):
    """Return a GPU for each rank where every rank has one of its own, else the CPU for all."""
    enough = torch.tensor(int(local_rank < torch.cuda.device_count()))
    dist.all_reduce(enough, op=dist.ReduceOp.MIN)
    return torch.device("cuda", local_rank) if enough else torch.device("cpu")


def make_model():
    """Return a network of 28,000 weights."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(), nn.Linear(64 * 4 * 4, 10),
    )


def sum_over_ranks(*values, device):
    """Return each value summed over all ranks."""
    totals = torch.tensor(values, dtype=torch.float64, device=device)
    dist.all_reduce(totals)
    return totals.tolist()


def train_epoch(model, loader, optimizer, device):
    """Go once through this rank's share; return the mean loss over all ranks."""
    model.train()
    total = 0.0
    for images, labels in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images.to(device)), labels.to(device))
        loss.backward()  # DistributedDataParallel averages the gradients over the ranks here
        optimizer.step()
        total += loss.item()
    total, steps = sum_over_ranks(total, len(loader), device=device)
    return total / steps


@torch.no_grad()
def test_accuracy(model, dataset, device):
    """Return the accuracy on the test digits: each rank counts every n-th, so that none is counted twice."""
    model.eval()
    images, labels = (each[dist.get_rank() :: dist.get_world_size()].to(device) for each in dataset.tensors)
    right = (model.module(images).argmax(dim=1) == labels).sum().item()
    right, seen = sum_over_ranks(right, len(labels), device=device)
    return right / seen


def connect_mlflow():
    """Return MLflow where rank 0's figures are recorded (Azure ML and Rank Zero say where), else None."""
    if dist.get_rank() != 0 or "MLFLOW_TRACKING_URI" not in os.environ:
        return None
    import mlflow

    return mlflow


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=12, help="how often to go through the training digits")
    parser.add_argument("--lr", type=float, default=0.002, help="learning rate of Adam")
    parser.add_argument("--batch-size", type=int, default=32, help="digits per process and step")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same model")
    args = parser.parse_args()

    dist.init_process_group()  # reads RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT; gloo for CPU, NCCL for GPU tensors
    rank, local_rank = dist.get_rank(), int(os.environ["LOCAL_RANK"])
    torch.set_num_threads(1)  # the ranks share this machine's cores
    torch.manual_seed(args.seed)
    device = choose_device(local_rank)
    print(f"rank {rank} of {dist.get_world_size()} on {device}", flush=True)

    training, test = load_digits()
    sampler = DistributedSampler(training, seed=args.seed)
    loader = DataLoader(training, batch_size=args.batch_size, sampler=sampler)
    model = DistributedDataParallel(make_model().to(device), device_ids=[device] if device.type == "cuda" else None)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    mlflow = connect_mlflow()

    for epoch in range(args.epochs):
        sampler.set_epoch(epoch)  # another order in every epoch
        started = time.perf_counter()
        loss = train_epoch(model, loader, optimizer, device)
        step_ms = 1000 * (time.perf_counter() - started) / len(loader)
        accuracy = test_accuracy(model, test, device)
        if rank == 0:
            print(f"epoch {epoch + 1}/{args.epochs}  loss {loss:.4f}  accuracy {accuracy:.4f}  {step_ms:.1f} ms/step", flush=True)
        if mlflow:
            for name, value in {"loss": loss, "accuracy": accuracy, "step_ms": step_ms}.items():
                mlflow.log_metric(name, value, step=epoch + 1)

    if rank == 0:
        Path("outputs").mkdir(exist_ok=True)
        torch.save(model.module.state_dict(), "outputs/model.pt")
        print(f"test accuracy {accuracy:.2%} on {len(test)} digits, saved outputs/model.pt", flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
