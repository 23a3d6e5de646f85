"""dislib's k-means on the handwritten digits finds the centres that scikit-learn's finds from the same start."""

import dislib
import numpy as np
from dislib.cluster import KMeans
from sklearn.cluster import KMeans as SequentialKMeans
from sklearn.datasets import load_digits

if __name__ == "__main__":
    points = load_digits().data
    start = points[:10].copy()
    parallel = KMeans(n_clusters=10, init=start, max_iter=100, tol=1e-6)
    labels = parallel.fit_predict(dislib.array(points, block_size=(300, 20))).collect()
    sequential = SequentialKMeans(n_clusters=10, init=start, n_init=1, max_iter=100, tol=0).fit(points)
    np.testing.assert_allclose(parallel.centers, sequential.cluster_centers_, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(labels, sequential.labels_)
    print(f"k-means agrees after {parallel.n_iter} iterations")
