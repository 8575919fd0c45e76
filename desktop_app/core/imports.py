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
    "usb": "pyusb",
    "websocket": "websocket-client",
    "wx": "wxPython",
    "yaml": "PyYAML",
    "zmq": "pyzmq",
})  # fmt: skip


def distribution_for(import_name: str) -> str:
    """Return the distribution to install for `import x` or `import x.y`; most have the name of their module."""
    top = import_name.partition(".")[0]
    return DISTRIBUTIONS.get(top, top.replace("_", "-"))
