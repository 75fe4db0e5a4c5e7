"""Identifiers of companies that do not exist, with valid check digits.

No SIREN begins with 0, so that none of these belongs to anybody.
"""


def luhn_digit(digits):
    """Return the digit that completes a number under Luhn's rule.

    >>> luhn_digit("7992739871")
    '3'
    """
    doubled = [int(digit) * (2 - index % 2) for index, digit in enumerate(reversed(digits))]
    return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


def siren(number):
    """Return the SIREN number of the demo company with a running number.

    >>> siren(7)
    '012030078'
    """
    digits = f"012030{number:02}"
    return digits + luhn_digit(digits)


def siret(number):
    """Return the SIRET number of the registered office of a demo company."""
    digits = f"{siren(number)}0001"
    return digits + luhn_digit(digits)


def vat(number):
    """Return the French VAT number of a demo company."""
    return f"FR{(12 + 3 * (int(siren(number)) % 97)) % 97:02}{siren(number)}"


def iban(number):
    """Return a French IBAN, with valid keys, of a bank code that no bank has.

    >>> iban(1)
    'FR7699999000010000000000115'
    """
    bank, branch, account = "99999", "00001", f"{number:011}"
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
    basic = f"{bank}{branch}{account}{key:02}"
    check = 98 - int(f"{basic}152700") % 97  # F is 15, R is 27
    return f"FR{check:02}{basic}"
