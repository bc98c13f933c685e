"""The console: pages for people, drawn here from what the API answers.

Takes from: browsers (a path and a query), `client` what the API answers under the caller's own
identity, `yearly` charts, causes and the texts of numbers.
Hands to: browsers, pages of HTML without a script, and downloads with every digit; `client` what
somebody who may asks to be done.
Never: changes anything but by a call that a command makes, computes an emission, keeps an identity
beyond its request, or shows what the API does not say.
"""
