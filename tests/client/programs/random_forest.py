"""dislib's random forest on the handwritten digits is as good as scikit-learn's on images that neither has seen."""

import dislib
import numpy as np
from dislib.trees import RandomForestClassifier
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier as SequentialForest
from sklearn.model_selection import train_test_split

from pycompss.api.api import compss_wait_on

TREES = 12

if __name__ == "__main__":
    data, target = load_digits(return_X_y=True)
    train, test, train_target, test_target = train_test_split(data, target, test_size=0.3, random_state=0)
    x, y = dislib.array(train, (300, 64)), dislib.array(train_target.reshape(-1, 1), (300, 1))
    parallel = RandomForestClassifier(n_classes=10, n_estimators=TREES, distr_depth=2, random_state=0)
    parallel.fit(x, y)
    unseen, answers = dislib.array(test, (200, 64)), dislib.array(test_target.reshape(-1, 1), (200, 1))
    predicted = parallel.predict(unseen).collect()
    score = compss_wait_on(parallel.score(unseen, answers))
    assert np.isclose(score, np.mean(predicted == test_target)), "score() and predict() disagree"
    sequential = SequentialForest(n_estimators=TREES, random_state=0).fit(train, train_target).score(test, test_target)
    assert score > sequential - 0.04, f"{score:.3f} of the images right, scikit-learn {sequential:.3f}"
    print(f"random forest agrees: {score:.3f} of the images right, scikit-learn {sequential:.3f}")
