"""The second narrow waist: about 35 typed forms that every runtime implements."""
