"""Learn handwritten digits with NumPy alone: every rank its share of each batch, the gradients summed by MPI."""

import argparse
import os
from pathlib import Path

import numpy as np
from mpi4py import MPI

COMM = MPI.COMM_WORLD  # importing MPI starts it: mpirun has told every process its rank


def load_digits():
    """Return 1,437 digits to train on and 360 to test with: 64 brightnesses in 0..1 each, and their labels."""
    with np.load(Path(__file__).with_name("digits.npz")) as data:
        images, labels = data["images"].reshape(-1, 64) / 16, data["labels"].astype(int)
    order = np.random.default_rng(0).permutation(len(labels))  # the same on every rank
    return [(images[part], labels[part]) for part in (order[:1437], order[1437:])]


def forward(weights, images):
    """Return the hidden layer and the probability of each of the ten digits."""
    hidden = np.maximum(images @ weights[0] + weights[1], 0)
    scores = hidden @ weights[2] + weights[3]
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, powers / powers.sum(axis=1, keepdims=True)


def gradients(weights, images, labels):
    """Return the sum of the losses of these digits, and its gradient by each of the weights."""
    hidden, chances = forward(weights, images)
    loss = -np.log(chances[np.arange(len(labels)), labels] + 1e-12).sum()
    chances[np.arange(len(labels)), labels] -= 1
    back = (chances @ weights[2].T) * (hidden > 0)
    return loss, [images.T @ back, back.sum(axis=0), hidden.T @ chances, chances.sum(axis=0)]


def add_up(arrays):
    """Add up each array over all ranks, in place: afterwards every rank has the same sums."""
    for each in arrays:
        COMM.Allreduce(MPI.IN_PLACE, each, op=MPI.SUM)


def log_metrics(metrics, epoch):
    """Print rank 0's figures, and record them with MLflow where Azure ML or Rank Zero say where."""
    if COMM.rank == 0:
        print(f"epoch {epoch:2}  " + "  ".join(f"{name} {value:.4f}" for name, value in metrics.items()), flush=True)
        if "MLFLOW_TRACKING_URI" in os.environ:
            import mlflow

            for name, value in metrics.items():
                mlflow.log_metric(name, value, step=epoch)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=40, help="how often to go through the training digits")
    parser.add_argument("--lr", type=float, default=0.05, help="learning rate of gradient descent with momentum")
    parser.add_argument("--batch-size", type=int, default=32, help="digits per process and step")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same model")
    args = parser.parse_args()

    print(f"rank {COMM.rank} of {COMM.size} on {MPI.Get_processor_name()}", flush=True)
    (images, labels), (test_images, test_labels) = load_digits()
    random = np.random.default_rng(args.seed)  # the same on every rank: so are the first weights and every order
    weights = [random.normal(0, 0.15, (64, 96)), np.zeros(96), random.normal(0, 0.1, (96, 10)), np.zeros(10)]
    for each in weights:
        COMM.Bcast(each, root=0)  # rank 0's, should a rank have begun with others
    speeds = [np.zeros_like(each) for each in weights]

    for epoch in range(1, args.epochs + 1):
        order, sums = random.permutation(len(labels)), np.zeros(2)
        for start in range(0, len(order), args.batch_size * COMM.size):
            mine = order[start + COMM.rank : start + args.batch_size * COMM.size : COMM.size]
            loss, steps = gradients(weights, images[mine], labels[mine])
            count = np.array([float(len(mine))])
            add_up([*steps, count])  # a rank without a digit in the last batch adds nothing, but must take part
            for weight, speed, step in zip(weights, speeds, steps, strict=True):
                speed *= 0.9
                speed -= args.lr * step / count
                weight += speed
            sums += loss, len(mine)
        right = (forward(weights, test_images[COMM.rank :: COMM.size])[1].argmax(axis=1)
                 == test_labels[COMM.rank :: COMM.size]).sum()  # fmt: skip
        totals = np.array([*sums, right])
        add_up([totals])
        log_metrics({"loss": totals[0] / totals[1], "accuracy": totals[2] / len(test_labels)}, epoch)

    if COMM.rank == 0:
        Path("outputs").mkdir(exist_ok=True)
        np.savez("outputs/model.npz", *weights)
        print(f"test accuracy {totals[2] / len(test_labels):.2%} on {len(test_labels)} digits; saved outputs/model.npz")


if __name__ == "__main__":
    main()
