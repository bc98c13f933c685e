"""Memory of columns and tables: blocks, growing buffers, bytes by the word.

Takes from: nothing but sizes and bytes.
Hands to: every other room of the kernel.
Never: a Python object, or a word of carbon accounting.
"""
