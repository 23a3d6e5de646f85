"""Where commands run: on this machine or on another one (`place`); which of these the user has made (`store`)."""
