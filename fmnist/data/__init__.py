"""Fashion-MNIST: find, fetch, verify, load, split."""
