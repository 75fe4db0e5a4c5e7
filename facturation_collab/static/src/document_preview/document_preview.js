import { Component, onWillStart, onWillUpdateProps, useEffect, useRef, useState } from "@odoo/owl";
import { FileModel } from "@web/core/file_viewer/file_model";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";
import { hidePDFJSButtons } from "@web/core/utils/pdfjs";
import { generatePdfThumbnail } from "@mail/utils/common/pdf_thumbnail";

// An A4 page, sharp enough to read the total on a phone.
const PAGE_SIZE = { width: 840, height: 1188 };

/**
 * The document behind an invoice: the whole of it on a wide screen; its first page on a phone, where a tap opens it full screen.
 */
export class DocumentPreview extends Component {
    static template = "facturation_collab.DocumentPreview";
    static props = {
        attachment: { type: Object, shape: { id: Number, name: String, mimetype: String, "*": true } },
        isCompact: { type: Boolean, optional: true },
    };
    static defaultProps = { isCompact: false };

    setup() {
        this.fileViewer = useFileViewer();
        this.iframe = useRef("iframe");
        this.state = useState({ pageUrl: null });
        onWillStart(() => this.loadFirstPage(this.props));
        onWillUpdateProps((nextProps) => this.loadFirstPage(nextProps));
        useEffect(
            (iframe) => iframe && hidePDFJSButtons(iframe),
            () => [this.iframe.el]
        );
    }

    get file() {
        return this.makeFile(this.props.attachment);
    }

    makeFile(attachment) {
        return Object.assign(new FileModel(), attachment);
    }

    /** Not awaited: the card is usable while the page is drawn. */
    loadFirstPage({ attachment, isCompact }) {
        const file = this.makeFile(attachment);
        if (!isCompact || !file.isPdf) {
            return;
        }
        this.state.pageUrl = null;
        generatePdfThumbnail(`/web/content/${attachment.id}`, PAGE_SIZE).then(({ thumbnail }) => {
            if (thumbnail && this.props.attachment.id === attachment.id) {
                this.state.pageUrl = `data:image/jpeg;base64,${thumbnail}`;
            }
        });
    }

    get pictureUrl() {
        return this.file.isImage ? this.file.defaultSource : this.state.pageUrl;
    }

    openFullScreen() {
        this.fileViewer.open(this.file);
    }
}
