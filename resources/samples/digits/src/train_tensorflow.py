"""Learn handwritten digits on several TensorFlow workers: an honest MultiWorkerMirroredStrategy script.

Every worker computes the gradients of its share of the digits; TensorFlow sums them over all workers.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # else TensorFlow tells of the CUDA libraries that it looked for
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # the same figures on every CPU, and no line about it

import keras
import numpy as np
import tensorflow as tf


def load_digits():
    """Return 1,437 digits to train on and 360 to test with: images of 8 x 8 x 1 in 0..1, and their labels."""
    with np.load(Path(__file__).with_name("digits.npz")) as data:
        images, labels = data["images"][..., None].astype("float32") / 16, data["labels"].astype("int64")
    order = np.random.default_rng(0).permutation(len(labels))  # the same on every worker
    return [(images[part], labels[part]) for part in (order[:1437], order[1437:])]


def make_network():
    """Return a small convolutional network."""
    layers, same = keras.layers, {"padding": "same", "activation": "relu"}
    return keras.Sequential([
        *(layers.Input((8, 8, 1)), layers.Conv2D(32, 3, **same), layers.Conv2D(64, 3, **same)),
        *(layers.MaxPooling2D(), layers.Dropout(0.25), layers.Flatten(), layers.Dense(10)),
    ])  # fmt: skip


def log_metrics(metrics, epoch):
    """Print the chief's figures, and record them with MLflow where Azure ML or Rank Zero say where."""
    print(f"epoch {epoch:2}  " + "  ".join(f"{name} {value:.4f}" for name, value in metrics.items()), flush=True)
    if "MLFLOW_TRACKING_URI" in os.environ:
        import mlflow

        mlflow.log_metrics(metrics, step=epoch)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=10, help="how often to go through the training digits")
    parser.add_argument("--lr", type=float, default=0.002, help="learning rate of Adam")
    parser.add_argument("--batch-size", type=int, default=32, help="digits per worker and step")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same start")
    args = parser.parse_args()

    strategy = tf.distribute.MultiWorkerMirroredStrategy()  # first of all: reads TF_CONFIG and meets the others
    keras.utils.set_random_seed(args.seed)
    task = strategy.cluster_resolver.task_id or 0
    print(f"worker {task} of {len(strategy.cluster_resolver.cluster_spec().as_dict().get('worker', [0]))}", flush=True)

    global_batch = args.batch_size * strategy.num_replicas_in_sync
    (images, labels), (test_images, test_labels) = load_digits()
    steps = len(images) // global_batch

    def share(context):
        """Return this worker's share of the digits: every n-th of them, in another order in every epoch."""
        mine = [each[context.input_pipeline_id :: context.num_input_pipelines] for each in (images, labels)]
        digits = tf.data.Dataset.from_tensor_slices(tuple(mine)).shuffle(len(images), args.seed).repeat()
        return digits.batch(context.get_per_replica_batch_size(global_batch))

    with strategy.scope():
        network = make_network()
        optimizer = keras.optimizers.Adam(args.lr)
        optimizer.build(network.trainable_variables)

    def step(batch):
        with tf.GradientTape() as tape:
            logits = network(batch[0], training=True)
            losses = keras.losses.sparse_categorical_crossentropy(batch[1], logits, from_logits=True)
            loss = tf.reduce_sum(losses) / global_batch  # its gradients are summed over all workers
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables))  # here they are summed
        return loss

    @tf.function
    def train_step(batches):
        return strategy.reduce("SUM", strategy.run(step, args=(next(batches),)), axis=None)

    batches = iter(strategy.distribute_datasets_from_function(share))
    for epoch in range(1, args.epochs + 1):
        started = time.perf_counter()
        loss = sum(float(train_step(batches)) for _ in range(steps)) / steps
        step_ms = 1000 * (time.perf_counter() - started) / steps
        accuracy = float(np.mean(np.argmax(network(test_images, training=False), axis=1) == test_labels))
        if task == 0:  # the chief
            log_metrics({"loss": loss, "accuracy": accuracy, "step_ms": step_ms}, epoch)

    # Reading a layer such as BatchNormalization may need all workers, so all of them save; the chief's file is kept.
    folder = Path("outputs" if task == 0 else tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    network.save(folder / "model.keras")
    if task == 0:
        print(f"test accuracy {accuracy:.2%} on {len(test_labels)} digits; saved outputs/model.keras", flush=True)
    leave_together(strategy, task)


def leave_together(strategy, task):
    """Wait until all are done, then leave at once: TensorFlow takes a worker that leaves alone for a crash."""

    @tf.function
    def meet():
        return strategy.run(lambda: tf.distribute.get_replica_context().all_reduce("SUM", tf.ones(())))

    with contextlib.suppress(tf.errors.UnavailableError):  # who has its sum may be gone before others have theirs
        meet()
    time.sleep(1 if task else 2)  # lets the last parts arrive; the chief holds the workers together, so it leaves last
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
