"""The speed bench: measures what a proxied request costs in CPU, ours beside nginx and HAProxy, in the same run."""
