from . import portal, question_link, validation_link
