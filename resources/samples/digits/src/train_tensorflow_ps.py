"""Learn handwritten digits with parameter servers: an honest ParameterServerStrategy script.

Servers keep the weights. The coordinator runs this script's loop and hands its steps out to the workers, which compute
gradients each at its own pace. Azure ML names no coordinator in TF_CONFIG: here the first worker becomes it.
"""

import argparse
import json
import os
import socket
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # else TensorFlow tells of the CUDA libraries that it looked for
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # the same figures on every CPU, and no line about it

import keras
import numpy as np
import tensorflow as tf


def read_cluster():
    """Return all tasks by kind, and this one's kind and index; the first worker of TF_CONFIG is renamed to chief."""
    config = json.loads(os.environ["TF_CONFIG"])
    cluster, kind, index = config["cluster"], config["task"]["type"], config["task"]["index"]
    if "chief" not in cluster:
        cluster["chief"], cluster["worker"] = cluster["worker"][:1], cluster["worker"][1:]
        if kind == "worker":
            kind, index = ("chief", 0) if index == 0 else ("worker", index - 1)
    return cluster, kind, index


def serve(cluster, kind, index):
    """Serve the coordinator as a worker or a parameter server until it is gone: TensorFlow 2 stops no server itself."""
    tf.distribute.Server(tf.train.ClusterSpec(cluster), kind, index)
    host, port = cluster["chief"][0].rsplit(":", 1)
    met, missed = False, 0
    while missed < (3 if met else 150):
        time.sleep(2)
        with socket.socket() as probe:
            probe.settimeout(10)
            missed = missed + 1 if probe.connect_ex((host, int(port))) else 0
        met = met or not missed
    print("the coordinator is gone" if met else "no coordinator came within five minutes", flush=True)
    os._exit(0 if met else 1)


def load_digits():
    """Return 1,437 digits to train on and 360 to test with: images of 8 x 8 x 1 in 0..1, and their labels."""
    with np.load(Path(__file__).with_name("digits.npz")) as data:
        images, labels = data["images"][..., None].astype("float32") / 16, data["labels"].astype("int64")
    order = np.random.default_rng(0).permutation(len(labels))
    return [(images[part], labels[part]) for part in (order[:1437], order[1437:])]


def log_metrics(metrics, epoch):
    """Print figures, and record them with MLflow where Azure ML or Rank Zero say where."""
    print(f"epoch {epoch:2}  " + "  ".join(f"{name} {value:.4f}" for name, value in metrics.items()), flush=True)
    if "MLFLOW_TRACKING_URI" in os.environ:
        import mlflow

        mlflow.log_metrics(metrics, step=epoch)


def coordinate(cluster, args):
    """Train: the weights lie on the servers, the workers compute, this process says what."""
    spec, resolvers = tf.train.ClusterSpec(cluster), tf.distribute.cluster_resolver
    resolver = resolvers.SimpleClusterResolver(spec, task_type="chief", task_id=0, rpc_layer="grpc")
    strategy = tf.distribute.ParameterServerStrategy(resolver)
    coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
    print(f"coordinator of workers: {len(cluster['worker'])}, servers: {len(cluster['ps'])}", flush=True)
    training, (test_images, test_labels) = load_digits()

    with strategy.scope():
        layers, same = keras.layers, {"padding": "same", "activation": "relu"}
        network = keras.Sequential([
            *(layers.Input((8, 8, 1)), layers.Conv2D(32, 3, **same), layers.Conv2D(64, 3, **same)),
            *(layers.MaxPooling2D(), layers.Dropout(0.25), layers.Flatten(), layers.Dense(10)),
        ])  # fmt: skip
        optimizer = keras.optimizers.Adam(args.lr)
        optimizer.build(network.trainable_variables)

    def step(images, labels):
        with tf.GradientTape() as tape:
            logits = network(images, training=True)
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True))
        optimizer.apply_gradients(zip(tape.gradient(loss, network.trainable_variables), network.trainable_variables))
        return loss

    @tf.function
    def train_step(batches):
        return strategy.run(step, args=next(batches))

    def digits():  # on every worker: all digits, each time in another order
        return tf.data.Dataset.from_tensor_slices(training).shuffle(len(training[0])).repeat().batch(args.batch_size)

    batches = iter(coordinator.create_per_worker_dataset(digits))
    steps = len(training[0]) // args.batch_size
    for epoch in range(1, args.epochs + 1):
        started = time.perf_counter()
        losses = [coordinator.schedule(train_step, args=(batches,)) for _ in range(steps)]
        coordinator.join()  # until the workers are done with all of them
        step_ms = 1000 * (time.perf_counter() - started) / steps
        accuracy = float(np.mean(np.argmax(network(test_images, training=False), axis=1) == test_labels))
        loss = float(np.mean([each.fetch() for each in losses]))
        log_metrics({"loss": loss, "accuracy": accuracy, "step_ms": step_ms}, epoch)

    Path("outputs").mkdir(exist_ok=True)
    network.save("outputs/model.keras")
    print(f"test accuracy {accuracy:.2%} on {len(test_labels)} digits; saved outputs/model.keras", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=10, help="how often to go through the training digits")
    parser.add_argument("--lr", type=float, default=0.002, help="learning rate of Adam")
    parser.add_argument("--batch-size", type=int, default=32, help="digits in a step, which one worker computes")
    args = parser.parse_args()

    cluster, kind, index = read_cluster()
    coordinate(cluster, args) if kind == "chief" else serve(cluster, kind, index)


if __name__ == "__main__":
    main()
