"""Fashion-MNIST, or other data of its shape: find, fetch, verify, load, split."""
