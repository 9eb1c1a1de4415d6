"""The Fashion-MNIST study: families of trials, searched, recorded, compared and registered."""
