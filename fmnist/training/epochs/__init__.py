"""Train one epoch: `fit` is the reference, the other modules do the same faster."""
