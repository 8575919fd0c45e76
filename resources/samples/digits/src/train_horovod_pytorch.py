"""Learn handwritten digits with Horovod and PyTorch: the four parts that every such script needs are numbered."""

import argparse
import os
from pathlib import Path

import horovod.torch as hvd
import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
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


def train_epoch(model, loader, optimizer, device):
    """Go once through this rank's share of the digits; return the mean of its losses."""
    model.train()
    total = 0.0
    for images, labels in loader:
        optimizer.zero_grad()
        loss = cross_entropy(model(images.to(device)), labels.to(device))
        loss.backward()  # here Horovod begins to average the gradients over all ranks
        optimizer.step()  # here it waits until they are averaged
        total += loss.item()
    return total / len(loader)


@torch.no_grad()
def count_right(model, dataset, device):
    """Return how many of this rank's test digits are told right: every n-th is this rank's, none is two ranks'."""
    model.eval()
    images, labels = (each[hvd.rank() :: hvd.size()].to(device) for each in dataset.tensors)
    return (model(images).argmax(dim=1) == labels).sum().item()


def log_metrics(metrics, epoch):
    """Print rank 0's figures, and record them with MLflow where Azure ML or Rank Zero say where."""
    if hvd.rank() == 0:
        print(f"epoch {epoch:2}  " + "  ".join(f"{name} {value:.4f}" for name, value in metrics.items()), flush=True)
        if "MLFLOW_TRACKING_URI" in os.environ:
            import mlflow

            for name, value in metrics.items():
                mlflow.log_metric(name, value, step=epoch)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=12, help="how often to go through the training digits")
    parser.add_argument("--lr", type=float, default=0.001, help="learning rate of Adam, times the number of ranks")
    parser.add_argument("--batch-size", type=int, default=32, help="digits per process and step")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same model")
    args = parser.parse_args()

    hvd.init()  # 1: mpirun has told every process its rank
    device = torch.device("cuda", hvd.local_rank()) if torch.cuda.is_available() else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)  # a GPU of its own for every rank of a node
    print(f"rank {hvd.rank()} of {hvd.size()} on {device}", flush=True)
    torch.set_num_threads(1)  # the ranks share this machine's cores
    torch.manual_seed(args.seed + hvd.rank())  # dropout differs from rank to rank, the weights are rank 0's

    training, test = load_digits()
    sampler = DistributedSampler(training, num_replicas=hvd.size(), rank=hvd.rank(), seed=args.seed)
    loader = DataLoader(training, batch_size=args.batch_size, sampler=sampler)
    model = make_network().to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr * hvd.size())
    optimizer = hvd.DistributedOptimizer(optimizer, named_parameters=model.named_parameters())  # 2: averages gradients
    hvd.broadcast_parameters(model.state_dict(), root_rank=0)  # 3: all begin with rank 0's weights
    hvd.broadcast_optimizer_state(optimizer, root_rank=0)

    for epoch in range(1, args.epochs + 1):
        sampler.set_epoch(epoch)  # another order in every epoch
        loss = train_epoch(model, loader, optimizer, device)
        right = hvd.allreduce(torch.tensor(float(count_right(model, test, device))), op=hvd.Sum, name="right").item()
        loss = hvd.allreduce(torch.tensor(loss), name="loss").item()  # the mean over all ranks
        log_metrics({"loss": loss, "accuracy": right / len(test)}, epoch)

    if hvd.rank() == 0:  # 4: one model is saved, and once
        Path("outputs").mkdir(exist_ok=True)
        torch.save(model.state_dict(), "outputs/model.pt")
        print(f"test accuracy {right / len(test):.2%} on {len(test)} digits; saved outputs/model.pt", flush=True)
    hvd.shutdown()


if __name__ == "__main__":
    main()
