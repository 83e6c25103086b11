"""From the grammar's rules to nodes: one method per rule, called as the parser reduces it.

A method gets the span of what it matched and the values of its parts.  Nodes are numbered
in the order in which they are finished, so equal texts give equal trees.  What only shows
when a node is put together (a number out of range, an unknown type) is reported there.
The methods stand by the areas of the grammar, one file each.
"""

from __future__ import annotations

from translator.syntax.declarations import Declarations
from translator.syntax.expressions import Expressions
from translator.syntax.statements import Statements


class Builder(Declarations, Statements, Expressions):
    """Makes the nodes of one declaration, whose comment is ``doc``."""
