"""The recorder: what happens to a node, as seen from beside it, kept on the machine until Elasticsearch can take it.

A process of its own beside the discovery, so that nothing that it waits for can delay what the discovery publishes.
"""
