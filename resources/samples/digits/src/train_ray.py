"""Learn handwritten digits with Ray: actors on all nodes work out gradients, this script averages them and steps."""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import ray
import torch
from torch import nn
from torch.nn.functional import cross_entropy


def load_digits():
    """Return 1,437 digits to train on and 360 to test with: images of 1 x 8 x 8 in 0..1, and their labels."""
    with np.load(Path(__file__).with_name("digits.npz")) as data:
        images = torch.from_numpy(data["images"]).float().div(16).unsqueeze(1)
        labels = torch.from_numpy(data["labels"]).long()
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))  # the same everywhere
    return [(images[part], labels[part]) for part in (order[:1437], order[1437:])]


def make_network():
    """Return a new network, of the same shape everywhere."""
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU()),
        *(nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(), nn.Linear(64 * 4 * 4, 10)),
    )


@ray.remote
class Worker:
    """One of the actors: a copy of the network, and its share of every batch."""

    def __init__(self, digits, seed):
        torch.set_num_threads(1)  # the actors share their node's cores
        torch.manual_seed(seed)  # dropout differs from worker to worker
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.images, self.labels = (each.to(self.device) for each in digits)
        self.network = make_network().to(self.device)

    def place(self):
        """Return where this actor works."""
        return f"{self.device} of node {ray.util.get_node_ip_address()}"

    def gradients(self, weights, indices):
        """Return the gradients for these weights and digits, and the loss."""
        self.network.load_state_dict(weights)
        self.network.zero_grad()
        loss = cross_entropy(self.network(self.images[indices]), self.labels[indices])
        loss.backward()
        return [each.grad.cpu() for each in self.network.parameters()], loss.item()


def train_epoch(network, optimizer, workers, batches):
    """Go once through the training digits; return the mean loss."""
    losses = []
    for batch in batches:
        weights = ray.put(network.state_dict())  # once into the object store, for all workers
        shares = zip(workers, batch.tensor_split(len(workers)), strict=True)
        results = ray.get([worker.gradients.remote(weights, share) for worker, share in shares])
        for parameter, parts in zip(
            network.parameters(), zip(*(each for each, _ in results), strict=True), strict=True
        ):
            parameter.grad = torch.stack(parts).mean(dim=0)
        optimizer.step()
        losses += [loss for _, loss in results]
    return sum(losses) / len(losses)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=12, help="how often to go through the training digits")
    parser.add_argument("--lr", type=float, default=0.002, help="learning rate of Adam")
    parser.add_argument("--batch-size", type=int, default=64, help="digits per step, shared out among the workers")
    parser.add_argument("--workers", type=int, default=0, help="actors; 0 for one on each node")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same model")
    args = parser.parse_args()

    ray.init(address="auto")  # the cluster that the job started; fails where there is none, and never starts its own
    torch.manual_seed(args.seed)
    training, test = load_digits()
    count = args.workers or sum(each["Alive"] for each in ray.nodes())
    gpus = 1 if ray.cluster_resources().get("GPU", 0) >= count else 0
    spread = Worker.options(num_cpus=1, num_gpus=gpus, scheduling_strategy="SPREAD")
    shared = ray.put(training)
    workers = [spread.remote(shared, args.seed + number) for number in range(count)]
    for number, place in enumerate(ray.get([each.place.remote() for each in workers])):
        print(f"worker {number} of {count} on {place}", flush=True)

    network = make_network()
    optimizer = torch.optim.Adam(network.parameters(), lr=args.lr)
    for epoch in range(1, args.epochs + 1):
        network.train()
        batches = torch.randperm(len(training[1])).split(args.batch_size)
        started = time.perf_counter()
        loss = train_epoch(network, optimizer, workers, batches)
        step_ms = 1000 * (time.perf_counter() - started) / len(batches)
        network.eval()
        with torch.no_grad():
            accuracy = (network(test[0]).argmax(dim=1) == test[1]).float().mean().item()
        print(f"epoch {epoch:2}  loss {loss:.4f}  accuracy {accuracy:.4f}  step_ms {step_ms:.4f}", flush=True)
        if "MLFLOW_TRACKING_URI" in os.environ:
            import mlflow

            mlflow.log_metrics({"loss": loss, "accuracy": accuracy, "step_ms": step_ms}, step=epoch)

    Path("outputs").mkdir(exist_ok=True)
    torch.save(network.state_dict(), "outputs/model.pt")
    print(f"test accuracy {accuracy:.2%} on {len(test[1])} digits; saved outputs/model.pt", flush=True)


if __name__ == "__main__":
    main()
