"""How clients connect to the cluster, and what went wrong when they cannot."""
