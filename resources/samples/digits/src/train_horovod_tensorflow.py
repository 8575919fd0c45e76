"""Learn handwritten digits with Horovod and TensorFlow: the four parts that every such script needs are numbered."""

import argparse
import os
from pathlib import Path

import horovod.tensorflow as hvd
import keras
import numpy as np
import tensorflow as tf


def load_digits():
    """Return 1,437 digits to train on and 360 to test with: images of 8 x 8 x 1 in 0..1, and their labels."""
    with np.load(Path(__file__).with_name("digits.npz")) as data:
        images, labels = (data["images"][..., None] / 16).astype("float32"), data["labels"].astype("int64")
    order = np.random.default_rng(0).permutation(len(labels))  # the same on every rank
    return [(images[part], labels[part]) for part in (order[:1437], order[1437:])]


def make_model():
    """Return a small convolutional network."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Dropout(0.25),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    )


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
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        tf.config.set_visible_devices(gpus[hvd.local_rank()], "GPU")  # a GPU of its own for every rank of a node
    print(f"rank {hvd.rank()} of {hvd.size()} on {'GPU' if gpus else 'CPU'}", flush=True)
    tf.config.threading.set_intra_op_parallelism_threads(1)  # the ranks share this machine's cores
    keras.utils.set_random_seed(args.seed + hvd.rank())  # dropout differs from rank to rank, the weights are rank 0's

    (images, labels), (test_images, test_labels) = load_digits()
    share = tf.data.Dataset.from_tensor_slices((images, labels)).shard(hvd.size(), hvd.rank())
    steps = len(labels) // hvd.size() // args.batch_size  # as many on every rank: each step is one of all
    batches = share.shuffle(len(labels)).repeat().batch(args.batch_size)
    model, optimizer = make_model(), keras.optimizers.Adam(args.lr * hvd.size())
    optimizer.build(model.trainable_variables)

    @tf.function
    def train_step(images, labels):
        with tf.GradientTape() as tape:
            scores = model(images, training=True)
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, scores, from_logits=True))
        tape = hvd.DistributedGradientTape(tape)  # 2: averages the gradients over all ranks
        gradients = tape.gradient(loss, [each.value for each in model.trainable_variables])  # .value: TensorFlow's own
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    for epoch in range(1, args.epochs + 1):
        losses = []
        for images, labels in batches.take(steps):
            losses.append(train_step(images, labels))
            if epoch == 1 and len(losses) == 1:  # 3: after the first step, all go on with rank 0's weights
                hvd.broadcast_variables([each.value for each in model.variables], root_rank=0)
                hvd.broadcast_variables([each.value for each in optimizer.variables], root_rank=0)
        mine = slice(hvd.rank(), None, hvd.size())  # every n-th test digit is this rank's, none is two ranks'
        told = tf.argmax(model(test_images[mine], training=False), axis=1)
        right = hvd.allreduce(tf.reduce_sum(tf.cast(told == test_labels[mine], tf.float32)), op=hvd.Sum, name="right")
        loss = hvd.allreduce(tf.reduce_mean(losses), name="loss")
        log_metrics({"loss": float(loss), "accuracy": float(right) / len(test_labels)}, epoch)

    if hvd.rank() == 0:  # 4: one model is saved, and once
        Path("outputs").mkdir(exist_ok=True)
        model.save("outputs/model.keras")
        accuracy = float(right) / len(test_labels)
        print(f"test accuracy {accuracy:.2%} on {len(test_labels)} digits; saved outputs/model.keras", flush=True)
    hvd.shutdown()


if __name__ == "__main__":
    main()
