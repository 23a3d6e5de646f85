"""dislib's linear regression on the diabetes data has the coefficients of scikit-learn's."""

import dislib
import numpy as np
from dislib.regression import LinearRegression
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression as SequentialLinearRegression

if __name__ == "__main__":
    data, target = load_diabetes(return_X_y=True)
    x, y = dislib.array(data, (50, 4)), dislib.array(target.reshape(-1, 1), (50, 1))
    parallel = LinearRegression(arity=3)
    parallel.fit(x, y)
    sequential = SequentialLinearRegression().fit(data, target)
    np.testing.assert_allclose(parallel.coef_.collect(), sequential.coef_, rtol=1e-6)
    np.testing.assert_allclose(parallel.intercept_.collect(), sequential.intercept_, rtol=1e-6)
    np.testing.assert_allclose(parallel.predict(x).collect(), sequential.predict(data), rtol=1e-6)
    print("linear regression agrees")
