"""dislib's PCA of the breast-cancer data agrees with scikit-learn's, by eigenvalues and by its block Jacobi SVD."""

import dislib
import numpy as np
from dislib.decomposition import PCA
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA as SequentialPCA


def agree(found, expected, what):
    """Equal but for the sign of each axis, which is arbitrary."""
    np.testing.assert_allclose(np.abs(found), np.abs(expected), rtol=1e-6, atol=1e-6, err_msg=what)


def check(method, block_size):
    data = load_breast_cancer().data
    data = (data - data.mean(axis=0)) / data.std(axis=0)
    sequential = SequentialPCA().fit(data)
    parallel = PCA(method=method)
    transformed = parallel.fit_transform(dislib.array(data, block_size))
    agree(parallel.components_.collect(), sequential.components_, f"components by {method}")
    agree(parallel.explained_variance_.collect(), sequential.explained_variance_, f"variance by {method}")
    agree(transformed.collect(), sequential.transform(data), f"transformed data by {method}")


if __name__ == "__main__":
    check("eig", (100, 8))
    check("svd", (200, 10))
    print("PCA agrees with both methods")
