"""What to install for an import: the distribution that holds a module, where the two have different names."""

from __future__ import annotations

from types import MappingProxyType

DISTRIBUTIONS = MappingProxyType({
    "Bio": "biopython",
    "Crypto": "pycryptodome",
    "IPython": "ipython",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyOpenSSL",
    "PIL": "pillow",
    "absl": "absl-py",
    "attr": "attrs",
    "azureml": "azureml-mlflow",
    "bs4": "beautifulsoup4",
    "cairosvg": "CairoSVG",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "fitz": "PyMuPDF",
    "git": "GitPython",
    "google": "google-cloud-core",
    "grpc": "grpcio",
    "hydra": "hydra-core",
    "imblearn": "imbalanced-learn",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "kafka": "kafka-python",
    "magic": "python-magic",
    "osgeo": "GDAL",
    "pkg_resources": "setuptools",
    "psycopg2": "psycopg2-binary",
    "pynvml": "nvidia-ml-py",
    "pywt": "PyWavelets",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "umap": "umap-learn",
    "usb": "pyusb",
    "websocket": "websocket-client",
    "wx": "wxPython",
    "yaml": "PyYAML",
    "zmq": "pyzmq",
})  # fmt: skip


_SAME = """
accelerate aiohttp albumentations altair anthropic arviz av bitsandbytes bokeh boto3 botocore cachetools captum
catboost cffi chardet click cloudpickle colorama cupy dask datasets decord deepspeed diffusers dill einops evaluate
fairscale fastai fastapi filelock fire flask flax fsspec gensim gluonts gpytorch gradio gym gymnasium h5py holidays
httpx huggingface_hub imageio ipywidgets jax jinja2 joblib jsonschema keras kornia lightgbm lightning llvmlite lmdb
loguru lxml markdown matplotlib mlflow monai moviepy mpi4py msgpack multiprocess nibabel nltk notebook numba numexpr
numpy omegaconf onnx onnxruntime onnxscript open3d openai openpyxl optax optuna orjson packaging pandas paramiko
peft pillow_heif plotly polars prettytable prophet psutil pyarrow pycocotools pydantic pydicom pygame pygments
pymongo pyodbc pyspark pytest pytorch_lightning ray rasterio redis regex requests rich sacrebleu safetensors scipy
seaborn sentence_transformers sentencepiece setuptools shap shapely simplejson six soundfile spacy sqlalchemy
statsmodels streamlit sympy tables tabulate tenacity tensorboard tensorboardX tensorflow termcolor textual thop
tifffile tiktoken timm tokenizers toml tomli torch torchaudio torchdata torchinfo torchmetrics torchtext torchvision
tornado tqdm transformers triton trl typer ujson urllib3 wandb webdataset wrapt xarray xformers xgboost xlrd yacs
zarr zstandard
"""
SAME = frozenset(_SAME.split())
"""Modules that well-known distributions of the same name hold."""


def known_distribution(import_name: str) -> str | None:
    """Return the distribution that is known to hold a module, None for a module that may be anybody's.

    A distribution that happens to have the name of somebody's own missing module can be made to be installed in its
    stead; so a name that is not known is never guessed.
    """
    top = import_name.partition(".")[0]
    return distribution_for(top) if top in DISTRIBUTIONS or top in SAME else None


def distribution_for(import_name: str) -> str:
    """Return the distribution to install for `import x` or `import x.y`; most have the name of their module."""
    top = import_name.partition(".")[0]
    return DISTRIBUTIONS.get(top, top.replace("_", "-"))
