"""The name of every metric, once."""

ACCURACY = "sparse_categorical_accuracy"
# By what trials are ranked, in searches and by finals.
CRITERION = f"best_val_{ACCURACY}"
# What is drawn of a trial; its curves hold the learning rate too.
CURVES = ("loss", "val_loss", ACCURACY, f"val_{ACCURACY}")
# How many images a test accuracy is over.
TEST_SAMPLES = 10_000
