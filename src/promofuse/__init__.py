"""Promofuse, a fuse for promotions.

Facts flow in from shops (`shops`), are decided on by pure functions (`pricing`, `velocity`, `rules`,
`incidents`, `response`), are written as drafts (`drafts`, `outbox`), approved by a person and sent (`delivery`).
`app` joins the parts, a use case a file; `cli` is what a person types.
"""

__version__ = "0.1.0"
