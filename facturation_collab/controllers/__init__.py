from . import portal, validation_link
