"""dislib's random forest of tasks that call tasks is as good as scikit-learn's on images unseen by both."""

import dislib
from dislib.trees import RandomForestClassifier
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier as SequentialForest
from sklearn.model_selection import train_test_split

from pycompss.api.api import compss_wait_on

TREES = 3

if __name__ == "__main__":
    data, target = load_digits(return_X_y=True)
    train, test, train_target, test_target = train_test_split(data, target, test_size=0.3, random_state=0)
    x, y = dislib.array(train, (700, 64)), dislib.array(train_target.reshape(-1, 1), (700, 1))
    limits = [dislib.array(limit.reshape(1, -1), (1, 64)) for limit in (train.min(axis=0), train.max(axis=0))]
    options = {"n_classes": 10, "n_estimators": TREES, "distr_depth": 1, "random_state": 0}
    parallel = RandomForestClassifier(mmap=False, nested=True, range_min=limits[0], range_max=limits[1], **options)
    parallel.fit(x, y)
    unseen, answers = dislib.array(test, (300, 64)), dislib.array(test_target.reshape(-1, 1), (300, 1))
    score = compss_wait_on(parallel.score(unseen, answers))
    sequential = SequentialForest(n_estimators=TREES, random_state=0).fit(train, train_target).score(test, test_target)
    # The trees draw seeds of their own: the score differs from run to run, by 0.02 or so, and is often the better one.
    assert score > sequential - 0.08, f"{score:.3f} of the images right, scikit-learn {sequential:.3f}"
    print(f"nested forest agrees: {score:.3f} of the images right, scikit-learn {sequential:.3f}")
